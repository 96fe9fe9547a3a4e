/*
title = "Administrator rights granted"
question = "Who gave a user, group, role or permission set a policy with administrator rights?"
techniques = ["T1098.003"]

[parameters.policies]
type = "varchar"
default = "AdministratorAccess|IAMFullAccess|PowerUserAccess|AWSOrganizationsFullAccess"
about = "Regular expression of the ARNs of such policies"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'userName'), element_at(requestParameters, 'groupName'),
    element_at(requestParameters, 'roleName'), element_at(requestParameters, 'permissionSetArn')) AS grantee,
  coalesce(element_at(requestParameters, 'policyArn'), element_at(requestParameters, 'managedPolicyArn')) AS policy,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('iam.amazonaws.com', 'sso.amazonaws.com')
  AND eventName IN ('AttachUserPolicy', 'AttachGroupPolicy', 'AttachRolePolicy', 'AttachManagedPolicyToPermissionSet')
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(coalesce(element_at(requestParameters, 'policyArn'), element_at(requestParameters, 'managedPolicyArn')),
    $policies)
  AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
