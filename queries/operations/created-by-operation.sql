/*
title = "What is created most"
question = "Which resources are created most, and by whom?"
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
SELECT eventName AS event_name, count(*) AS created, eventSource AS event_source, count(errorCode) AS errors,
  approx_distinct(caller(userIdentity)) AS principals, max_by(caller(userIdentity), eventTime) AS last_principal,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE readOnly = false AND managementEvent
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(eventName, '^(Create|Run|Launch|Register|Allocate|Import)') AND recipientAccountId LIKE $account
GROUP BY 1, 3
ORDER BY created DESC
LIMIT $limit
