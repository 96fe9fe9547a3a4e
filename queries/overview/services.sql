/*
title = "Services"
question = "Which services are called most?"
chart = "bar"
*/
SELECT replace(eventSource, '.amazonaws.com', '') AS service, count(*) AS events, count(errorCode) AS errors, count_if(NOT readOnly) AS writes, count(DISTINCT eventName) AS event_names
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
GROUP BY eventSource
ORDER BY events DESC, service
LIMIT 15
