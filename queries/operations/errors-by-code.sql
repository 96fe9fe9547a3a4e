/*
title = "Errors by code"
question = "Which errors are most frequent?"
chart = "bar"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source, such as ec2.amazonaws.com"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT errorCode AS error, count(*) AS calls, count(DISTINCT eventSource) AS services, count(DISTINCT eventName) AS operations,
  approx_distinct(caller(userIdentity)) AS principals, max_by(eventName, eventTime) AS last_event_name, min(eventTime) AS first_seen,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE errorCode IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
  AND eventSource LIKE $source AND coalesce(caller(userIdentity), '') LIKE $principal
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
