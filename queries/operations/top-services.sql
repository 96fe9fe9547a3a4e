/*
title = "Most used services"
question = "Which services are called most?"
chart = "bar"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"

[parameters.category]
type = "varchar"
default = "%"
about = "Management, Data, NetworkActivity or a pattern"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventSource AS event_source, count(*) AS calls, count_if(readOnly = false) AS writes, count(errorCode) AS errors,
  approx_distinct(eventName) AS operations, count(DISTINCT recipientAccountId) AS accounts, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND recipientAccountId LIKE $account AND coalesce(eventCategory, '') LIKE $category
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
