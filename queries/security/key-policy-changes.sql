/*
title = "Changes of key policies and grants"
question = "Who changed the policy of an encryption key, or granted its use?"

[parameters.key]
type = "varchar"
default = "%"
about = "Pattern of the key's id or ARN"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, coalesce(element_at(requestParameters, 'keyId'), element_at(resources, 1).arn) AS key_id,
  element_at(requestParameters, 'granteePrincipal') AS grantee,
  coalesce(element_at(requestParameters, 'policy'), element_at(requestParameters, 'operations')) AS policy, errorCode AS error
FROM event_data_store
WHERE eventSource = 'kms.amazonaws.com' AND eventName IN ('PutKeyPolicy', 'CreateGrant', 'RevokeGrant', 'RetireGrant')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(element_at(requestParameters, 'keyId'), element_at(resources, 1).arn, '') LIKE $key
  AND userIdentity.invokedBy IS NULL
ORDER BY event_time DESC
