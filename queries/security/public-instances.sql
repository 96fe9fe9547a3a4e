/*
title = "Instances with a public address"
question = "Which instances and tasks were launched with a public address, or got one later?"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, eventName AS event_name,
  coalesce(json_extract_scalar(element_at(responseElements, 'instancesSet'), '$.items[0].instanceId'),
    element_at(requestParameters, 'instanceId'), element_at(requestParameters, 'networkInterfaceId'),
    element_at(requestParameters, 'taskDefinition'), element_at(requestParameters, 'service')) AS subject,
  coalesce(element_at(requestParameters, 'instanceType'), element_at(requestParameters, 'publicIp'),
    element_at(requestParameters, 'allocationId')) AS detail,
  sourceIPAddress AS address, errorCode AS error
FROM event_data_store
WHERE eventSource IN ('ec2.amazonaws.com', 'ecs.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND (eventName = 'RunInstances'
    AND (element_at(requestParameters, 'networkInterfaceSet') LIKE '%"associatePublicIpAddress":true%'
      OR regexp_like(element_at(responseElements, 'instancesSet'), '"publicIp":"\d'))
    OR eventName = 'AssociateAddress'
    OR eventName IN ('RunTask', 'CreateService', 'UpdateService')
      AND element_at(requestParameters, 'networkConfiguration') LIKE '%"assignPublicIp":"ENABLED"%')
  AND recipientAccountId LIKE $account
ORDER BY event_time DESC
