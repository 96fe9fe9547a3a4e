/*
title = "Denied calls by account"
question = "In which accounts are most calls denied?"
chart = "bar"
*/
SELECT recipientAccountId AS account, count(*) AS denied, count(DISTINCT eventSource || eventName) AS operations,
  approx_distinct(caller(userIdentity)) AS principals, max_by(eventName, eventTime) AS last_event_name, min(eventTime) AS first_seen,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1
ORDER BY denied DESC
