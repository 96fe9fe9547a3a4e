/*
title = "Commands and sessions on instances"
question = "Who ran commands or opened sessions on instances and containers?"
techniques = ["T1651"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, element_at(requestParameters, 'documentName') AS document,
  coalesce(element_at(requestParameters, 'instanceIds'), element_at(requestParameters, 'targets'),
    element_at(requestParameters, 'target'), element_at(requestParameters, 'task'),
    element_at(requestParameters, 'instanceId')) AS target,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('ssm.amazonaws.com', 'ecs.amazonaws.com', 'ec2-instance-connect.amazonaws.com')
  AND eventName IN ('SendCommand', 'StartSession', 'ResumeSession', 'CreateAssociation', 'StartAutomationExecution',
    'ExecuteCommand', 'OpenTunnel', 'SendSSHPublicKey')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
