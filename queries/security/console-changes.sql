/*
title = "Changes made in the console"
question = "What did people change by hand in the console?"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal,
  eventSource AS event_source, eventName AS event_name, element_at(resources, 1).arn AS resource, sourceIPAddress AS address,
  errorCode AS error
FROM event_data_store
WHERE sessionCredentialFromConsole = 'true' AND readOnly = false
  AND eventTime >= $from AND eventTime < $to
  AND eventType <> 'AwsConsoleSignIn'
  AND coalesce(caller(userIdentity), '') LIKE $principal AND eventSource LIKE $source
ORDER BY event_time DESC
LIMIT $limit
