/*
title = "Errors"
question = "Which errors occur most, in which calls, and for how many callers?"
chart = "bar"
*/
SELECT errorCode AS error, count(*) AS events, count(DISTINCT principal(userIdentity)) AS principals, max_by(replace(eventSource, '.amazonaws.com', '') || ':' || eventName, eventTime) AS latest_call, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to AND errorCode IS NOT NULL
GROUP BY errorCode
ORDER BY events DESC, error
LIMIT 12
