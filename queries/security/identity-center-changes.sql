/*
title = "Changes of Identity Center"
question = "Who changed users, groups, permission sets or assignments of IAM Identity Center?"
techniques = ["T1098"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'permissionSetArn'), element_at(requestParameters, 'groupId'),
    element_at(requestParameters, 'userId'), element_at(requestParameters, 'userName')) AS subject,
  element_at(requestParameters, 'targetId') AS target_account, errorCode AS error
FROM event_data_store
WHERE eventSource IN ('sso.amazonaws.com', 'sso-directory.amazonaws.com', 'identitystore.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(eventName,
    '^(Create|Update|Delete|Put|Attach|Detach|Add|Remove|Provision|Disassociate|Associate|Start|Enable|Disable)')
  AND eventName <> 'CreateToken'
  AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
