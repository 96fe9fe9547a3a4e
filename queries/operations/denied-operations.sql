/*
title = "Denied operations"
question = "Which operations are denied most, and to whom?"
chart = "bar"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source, such as iam.amazonaws.com or ec2.amazonaws.com"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventName AS event_name, count(*) AS denied, eventSource AS event_source, approx_distinct(caller(userIdentity)) AS principals,
  max_by(caller(userIdentity), eventTime) AS last_principal,
  min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
  AND eventTime >= $from AND eventTime < $to
  AND eventSource LIKE $source AND recipientAccountId LIKE $account
GROUP BY 1, 3
ORDER BY denied DESC
LIMIT $limit
