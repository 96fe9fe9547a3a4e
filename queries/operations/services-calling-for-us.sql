/*
title = "Services that call on our behalf"
question = "Which AWS services call which others in our name?"
chart = "bar"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT coalesce(userIdentity.invokedBy, sourceIPAddress) AS service, count(*) AS calls, eventSource AS event_source,
  count(errorCode) AS errors, approx_distinct(eventName) AS operations, count(DISTINCT recipientAccountId) AS accounts,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND (userIdentity.invokedBy IS NOT NULL OR sourceIPAddress LIKE '%.amazonaws.com')
GROUP BY 1, 3
ORDER BY calls DESC
LIMIT $limit
