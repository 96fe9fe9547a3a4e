/*
title = "Changes of security groups and network ACLs"
question = "Who changed security groups, network ACLs or network interfaces?"
techniques = ["T1562.007"]

[parameters.group]
type = "varchar"
default = "%"
about = "Pattern of the id of the group, ACL or interface"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, eventName AS event_name,
  coalesce(element_at(requestParameters, 'groupId'), element_at(requestParameters, 'networkAclId'),
    element_at(requestParameters, 'networkInterfaceId'), element_at(requestParameters, 'groupName')) AS subject,
  json_format(CAST(map_filter(requestParameters, (k, v) -> k NOT IN ('groupId', 'networkAclId', 'networkInterfaceId')) AS json)) AS change,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND readOnly = false AND regexp_like(eventName, 'SecurityGroup|NetworkAcl|NetworkInterface')
  AND coalesce(element_at(requestParameters, 'groupId'), element_at(requestParameters, 'networkAclId'),
    element_at(requestParameters, 'networkInterfaceId'), element_at(requestParameters, 'groupName'), '') LIKE $group
ORDER BY event_time DESC
LIMIT $limit
