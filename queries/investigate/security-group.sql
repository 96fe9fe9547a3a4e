/*
title = "The history of a security group"
question = "How were the rules of this security group changed, and by whom?"

[parameters.group]
type = "varchar"
about = "Id of the group; without one, the one that was changed last"
*/
SELECT eventTime AS event_time,
  coalesce(element_at(requestParameters, 'groupId'), element_at(responseElements, 'groupId')) AS security_group,
  eventName AS event_name,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  coalesce(element_at(requestParameters, 'ipPermissions'), element_at(requestParameters, 'securityGroupRuleIds'),
    element_at(requestParameters, 'groupName')) AS rules,
  errorCode AS error, eventID AS event_id
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com' AND eventName LIKE '%SecurityGroup%' AND readOnly = false
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(element_at(requestParameters, 'groupId'), element_at(responseElements, 'groupId')) = coalesce($group, (
    SELECT max_by(element_at(requestParameters, 'groupId'), eventTime) FROM event_data_store
    WHERE eventSource = 'ec2.amazonaws.com' AND eventName LIKE '%SecurityGroup%' AND readOnly = false
      AND element_at(requestParameters, 'groupId') IS NOT NULL AND eventTime >= $from AND eventTime < $to))
ORDER BY event_time
