/*
title = "What is deleted most"
question = "Which resources are deleted most, and by whom?"
chart = "bar"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventName AS event_name, count(*) AS deleted, eventSource AS event_source, count(errorCode) AS errors,
  approx_distinct(caller(userIdentity)) AS principals, max_by(caller(userIdentity), eventTime) AS last_principal,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE readOnly = false AND managementEvent
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(eventName, '^(Delete|Terminate|Deregister|Release)') AND recipientAccountId LIKE $account
GROUP BY 1, 3
ORDER BY deleted DESC
LIMIT $limit
