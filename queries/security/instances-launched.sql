/*
title = "Instances launched"
question = "Who launched which instances, how many, of which type, and with a public address?"
techniques = ["T1578.002"]

[parameters.type]
type = "varchar"
default = "%"
about = "Pattern of the instance type, such as p%"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal,
  element_at(requestParameters, 'instanceType') AS instance_type,
  coalesce(TRY_CAST(json_extract_scalar(element_at(requestParameters, 'instancesSet'), '$.items[0].maxCount') AS bigint),
    1) AS instances,
  regexp_like(coalesce(element_at(requestParameters, 'networkInterfaceSet'), ''),
    '"associatePublicIpAddress":true') AS public_address,
  json_extract_scalar(element_at(responseElements, 'instancesSet'), '$.items[0].instanceId') AS instance_id, errorCode AS error
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com' AND eventName = 'RunInstances'
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(element_at(requestParameters, 'instanceType'), '') LIKE $type
ORDER BY event_time DESC
LIMIT $limit
