/*
title = "X-Ray calls by operation"
question = "Which X-Ray operations are called, how often, and how often do they fail?"
chart = "bar"
*/
SELECT eventName AS operation, count(*) AS calls, count(errorCode) AS errors, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventTime >= $from AND eventTime < $to
GROUP BY eventName
ORDER BY calls DESC, operation
