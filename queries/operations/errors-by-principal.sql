/*
title = "Errors by principal"
question = "Whose calls fail most, and with which errors?"
chart = "bar"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source, such as dynamodb.amazonaws.com"

[parameters.error]
type = "varchar"
default = "%"
about = "Pattern of the error's code"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal(userIdentity) AS principal,
  count(*) AS errors, count(DISTINCT errorCode) AS codes, count(DISTINCT eventSource) AS services,
  max_by(errorCode, eventTime) AS last_error, max_by(eventName, eventTime) AS last_event_name, min(eventTime) AS first_seen,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE errorCode IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
  AND eventSource LIKE $source AND errorCode LIKE $error
GROUP BY 1
ORDER BY errors DESC
LIMIT $limit
