/*
title = "Errors by operation"
question = "Which operations fail most, and with which errors?"
chart = "bar"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source, such as iam.amazonaws.com"

[parameters.category]
type = "varchar"
default = "%"
about = "Management, Data, NetworkActivity or a pattern"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventName AS event_name, count(*) AS errors, eventSource AS event_source, count(DISTINCT errorCode) AS codes,
  max_by(errorCode, eventTime) AS last_error, approx_distinct(caller(userIdentity)) AS principals, min(eventTime) AS first_seen,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE errorCode IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
  AND eventSource LIKE $source AND coalesce(eventCategory, '') LIKE $category
GROUP BY 1, 3
ORDER BY errors DESC
LIMIT $limit
