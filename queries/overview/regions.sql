/*
title = "Regions"
question = "Which regions have events, and since when?"
chart = "bar"
*/
SELECT awsRegion AS region, count(*) AS events, count(errorCode) AS errors, count_if(NOT readOnly) AS writes, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
GROUP BY awsRegion
ORDER BY events DESC, region
LIMIT 20
