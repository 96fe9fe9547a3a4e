/*
title = "Encryption keys disabled or deleted"
question = "Who disabled an encryption key, scheduled its deletion or removed its material?"
techniques = ["T1485"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, coalesce(element_at(requestParameters, 'keyId'), element_at(requestParameters, 'aliasName')) AS key_id,
  element_at(requestParameters, 'pendingWindowInDays') AS days_left, errorCode AS error
FROM event_data_store
WHERE eventSource = 'kms.amazonaws.com'
  AND eventName IN ('ScheduleKeyDeletion', 'DisableKey', 'DeleteImportedKeyMaterial', 'DisableKeyRotation', 'DeleteAlias',
    'UpdateAlias', 'DeleteCustomKeyStore', 'DisconnectCustomKeyStore', 'CancelKeyDeletion', 'DeleteKey')
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
