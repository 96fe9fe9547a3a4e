/*
title = "Recent activity"
question = "What happened last?"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source"

[parameters.writes]
type = "boolean"
default = "false"
about = "Whether only changes count"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal,
  sourceIPAddress AS address, eventSource AS event_source, eventName AS event_name, errorCode AS error, eventID AS event_id
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND coalesce(caller(userIdentity), '') LIKE $principal AND eventSource LIKE $source
  AND (NOT $writes OR readOnly = false)
ORDER BY event_time DESC
LIMIT $limit
