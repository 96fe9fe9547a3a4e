/*
title = "Tables used"
question = "Which DynamoDB tables are used most, and which throttle their callers?"
chart = "bar"

[parameters.table]
type = "varchar"
default = "%"
about = "Pattern of the table's name"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT element_at(requestParameters, 'tableName') AS table_name, count(*) AS calls, count_if(readOnly = false) AS writes,
  count(errorCode) AS errors,
  count_if(errorCode IN ('ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded')) AS throttled,
  approx_distinct(caller(userIdentity)) AS callers, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'dynamodb.amazonaws.com' AND eventCategory = 'Data'
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(element_at(requestParameters, 'tableName'), '') LIKE $table
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
