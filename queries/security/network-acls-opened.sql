/*
title = "Network ACLs open to the world"
question = "Which entries of network ACLs allow traffic from everywhere?"
techniques = ["T1562.007"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal,
  element_at(requestParameters, 'networkAclId') AS network_acl, element_at(requestParameters, 'aclProtocol') AS protocol,
  coalesce(element_at(requestParameters, 'cidrBlock'), element_at(requestParameters, 'ipv6CidrBlock')) AS network,
  element_at(requestParameters, 'portRange') AS ports, errorCode AS error
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com' AND eventName IN ('CreateNetworkAclEntry', 'ReplaceNetworkAclEntry')
  AND eventTime >= $from AND eventTime < $to
  AND element_at(requestParameters, 'ruleAction') = 'allow'
  AND coalesce(element_at(requestParameters, 'egress'), 'false') = 'false'
  AND (element_at(requestParameters, 'cidrBlock') = '0.0.0.0/0' OR element_at(requestParameters, 'ipv6CidrBlock') = '::/0')
ORDER BY event_time DESC
