/*
title = "Most used operations"
question = "Which operations are called most, and how many calls fail?"
chart = "bar"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source, such as iam.amazonaws.com or dynamodb.amazonaws.com"

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
SELECT eventName AS event_name, count(*) AS calls, eventSource AS event_source, count(errorCode) AS errors,
  round(1e2 * count(errorCode) / count(*), 2) AS percent_failed, count(DISTINCT recipientAccountId) AS accounts,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND eventSource LIKE $source AND coalesce(eventCategory, '') LIKE $category AND recipientAccountId LIKE $account
GROUP BY 1, 3
ORDER BY calls DESC
LIMIT $limit
