/*
title = "Errors of tables"
question = "Which calls of DynamoDB tables fail, with which error?"
chart = "bar"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT errorCode AS error, count(*) AS errors, eventName AS event_name, element_at(requestParameters, 'tableName') AS table_name,
  max_by(caller(userIdentity), eventTime) AS last_caller,
  min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'dynamodb.amazonaws.com' AND errorCode IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 3, 4
ORDER BY errors DESC
LIMIT $limit
