/*
title = "Changes of X-Ray's configuration"
question = "Who altered trace destination, indexing, groups, sampling, encryption or policies of X-Ray?"

[parameters.event]
type = "varchar"
default = "%"
about = "Pattern of the event's name"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region, userIdentity.arn AS principal,
  eventName AS event_name, sessionCredentialFromConsole = 'true' AS console, errorCode AS error,
  json_format(CAST(requestParameters AS json)) AS request
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventName IN ('PutEncryptionConfig', 'PutResourcePolicy', 'DeleteResourcePolicy', 'CreateGroup', 'UpdateGroup',
    'DeleteGroup', 'CreateSamplingRule', 'UpdateSamplingRule', 'DeleteSamplingRule', 'UpdateIndexingRule',
    'UpdateTraceSegmentDestination', 'TagResource', 'UntagResource')
  AND eventTime >= $from AND eventTime < $to
  AND eventName LIKE $event AND coalesce(userIdentity.arn, '') LIKE $principal
ORDER BY event_time DESC
