/*
title = "Most active addresses"
question = "Which addresses call most, and on whose behalf?"
chart = "bar"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source, such as iam.amazonaws.com"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT sourceIPAddress AS address, count(*) AS calls, count(errorCode) AS errors, approx_distinct(caller(userIdentity)) AS principals,
  approx_distinct(eventName) AS operations, max_by(caller(userIdentity), eventTime) AS last_principal, min(eventTime) AS first_seen,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND eventSource LIKE $source AND sourceIPAddress NOT LIKE '%.amazonaws.com'
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
