/*
title = "MFA devices removed"
question = "Who removed or deactivated a multi-factor authentication device, and whose?"
techniques = ["T1556.006"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'userName'), element_at(requestParameters, 'userId'),
    element_at(requestParameters, 'serialNumber'), element_at(requestParameters, 'deviceId')) AS whose,
  element_at(requestParameters, 'serialNumber') AS device, errorCode AS error
FROM event_data_store
WHERE eventSource IN ('iam.amazonaws.com', 'sso.amazonaws.com', 'sso-directory.amazonaws.com')
  AND eventName IN ('DeactivateMFADevice', 'DeleteVirtualMFADevice', 'DeleteMfaDeviceForUser', 'UpdateMfaDeviceForUser')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
