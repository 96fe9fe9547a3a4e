/*
title = "Access keys made and deleted"
question = "Who made, changed or deleted access keys and other long-lived credentials, and for whom?"
techniques = ["T1098.001"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.user]
type = "varchar"
default = "%"
about = "Pattern of the name of the user whose key it is"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, coalesce(element_at(requestParameters, 'userName'), userIdentity.userName) AS user_name,
  coalesce(json_extract_scalar(element_at(responseElements, 'accessKey'), '$.accessKeyId'),
    element_at(requestParameters, 'accessKeyId')) AS access_key,
  element_at(requestParameters, 'status') AS status, errorCode AS error
FROM event_data_store
WHERE eventSource = 'iam.amazonaws.com'
  AND eventName IN ('CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey', 'CreateServiceSpecificCredential',
    'ResetServiceSpecificCredential', 'UploadSSHPublicKey', 'UploadSigningCertificate', 'UploadServerCertificate')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(caller(userIdentity), '') LIKE $principal
  AND coalesce(element_at(requestParameters, 'userName'), userIdentity.userName, '') LIKE $user
ORDER BY event_time DESC
