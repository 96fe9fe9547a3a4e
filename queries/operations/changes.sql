/*
title = "Changes"
question = "What was changed, by whom, and with which tool?"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal,
  eventSource AS event_source, eventName AS event_name,
  CASE WHEN sessionCredentialFromConsole = 'true' THEN 'console' WHEN sourceIPAddress LIKE '%.amazonaws.com' THEN sourceIPAddress
    ELSE coalesce(regexp_extract(userAgent, '(Terraform|aws-cli|Boto3|aws-sdk-[a-z]+|cloudformation|Mozilla)'),
      'other') END AS tool,
  element_at(resources, 1).arn AS resource, errorCode AS error
FROM event_data_store
WHERE readOnly = false AND managementEvent
  AND eventTime >= $from AND eventTime < $to
  AND recipientAccountId LIKE $account AND eventSource LIKE $source AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
LIMIT $limit
