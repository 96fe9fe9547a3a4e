/*
title = "Changes of the encryption of traces"
question = "Who changed the encryption of traces, and to what?"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region, userIdentity.arn AS principal,
  sourceIPAddress AS address, element_at(requestParameters, 'type') AS encryption,
  element_at(requestParameters, 'keyId') AS key_id, errorCode AS error
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutEncryptionConfig'
  AND eventTime >= $from AND eventTime < $to
  AND recipientAccountId LIKE $account
ORDER BY event_time DESC
