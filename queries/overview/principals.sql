/*
title = "Principals"
question = "Who calls most, and from how many addresses?"
chart = "bar"
*/
SELECT principal(userIdentity) AS principal, count(*) AS events, count(errorCode) AS errors, count_if(NOT readOnly) AS writes, count(DISTINCT sourceIPAddress) AS addresses
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
GROUP BY 1
ORDER BY events DESC, principal
LIMIT 15
