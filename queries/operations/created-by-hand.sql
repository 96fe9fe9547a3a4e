/*
title = "Created without infrastructure as code"
question = "Which resources were created by hand or by script, not by CloudFormation or Terraform?"

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
  CASE WHEN sessionCredentialFromConsole = 'true' THEN 'console' WHEN userAgent LIKE '%aws-cli/%' THEN 'CLI'
    WHEN userAgent LIKE 'Mozilla/%' OR userAgent LIKE '%console%' THEN 'console' ELSE 'other' END AS tool,
  element_at(resources, 1).arn AS resource
FROM event_data_store
WHERE readOnly = false AND errorCode IS NULL AND managementEvent
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(eventName, '^(Create|Run|Launch|Register|Allocate|Import)')
  AND coalesce(userIdentity.invokedBy, '') = '' AND sourceIPAddress NOT LIKE '%.amazonaws.com'
  AND NOT regexp_like(userAgent, '(?i)terraform|cloudformation|pulumi|cdk')
  AND eventName NOT IN ('CreateLogStream', 'CreateChangeSet', 'CreateToken', 'CreateNetworkInterface')
  AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
LIMIT $limit
