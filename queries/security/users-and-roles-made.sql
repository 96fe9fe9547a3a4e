/*
title = "Users and roles made"
question = "Which users, roles, groups and instance profiles were made, and by whom?"
techniques = ["T1136.003"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'userName'), element_at(requestParameters, 'roleName'),
    element_at(requestParameters, 'groupName'), element_at(requestParameters, 'instanceProfileName'),
    element_at(requestParameters, 'aWSServiceName')) AS made,
  userAgent AS user_agent, errorCode AS error
FROM event_data_store
WHERE eventSource = 'iam.amazonaws.com'
  AND eventName IN ('CreateUser', 'CreateRole', 'CreateGroup', 'CreateInstanceProfile', 'AddRoleToInstanceProfile',
    'CreateServiceLinkedRole')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
