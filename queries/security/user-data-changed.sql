/*
title = "User data and attributes of instances changed"
question = "Who changed user data, roles, metadata options or protection of an instance?"
techniques = ["T1578.005"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, eventName AS event_name,
  coalesce(element_at(requestParameters, 'instanceId'), element_at(requestParameters, 'launchTemplateId'),
    element_at(requestParameters, 'associationId'),
    json_extract_scalar(element_at(requestParameters, 'ModifyInstanceMetadataOptionsRequest'), '$.InstanceId')) AS instance_id,
  array_join(map_keys(map_filter(requestParameters, (k, v) -> k NOT IN ('instanceId', 'launchTemplateId', 'associationId'))),
    ' ') AS changed,
  sourceIPAddress AS address, errorCode AS error
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com'
  AND eventName IN ('ModifyInstanceAttribute', 'ModifyInstanceMetadataOptions', 'AssociateIamInstanceProfile',
    'ReplaceIamInstanceProfileAssociation', 'CreateLaunchTemplateVersion', 'ModifyLaunchTemplate')
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
