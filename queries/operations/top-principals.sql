/*
title = "Most active principals"
question = "Who calls most, and how much of it changes something or fails?"
chart = "bar"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source"

[parameters.category]
type = "varchar"
default = "%"
about = "Management, Data, NetworkActivity or a pattern"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal(userIdentity) AS principal,
  count(*) AS calls, userIdentity.type AS identity_type, count_if(readOnly = false) AS writes, count(errorCode) AS errors,
  approx_distinct(eventName) AS operations, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND eventSource LIKE $source AND coalesce(eventCategory, '') LIKE $category AND recipientAccountId LIKE $account
GROUP BY 1, 3
ORDER BY calls DESC
LIMIT $limit
