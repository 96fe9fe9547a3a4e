/*
title = "Key pairs made"
question = "Who made, imported or deleted key pairs, or pushed a public key to an instance?"
techniques = ["T1098.004"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'keyName'), element_at(requestParameters, 'instanceId'),
    element_at(requestParameters, 'serialPort')) AS key_or_instance,
  userAgent AS user_agent, errorCode AS error
FROM event_data_store
WHERE eventSource IN ('ec2.amazonaws.com', 'ec2-instance-connect.amazonaws.com')
  AND eventName IN ('CreateKeyPair', 'ImportKeyPair', 'DeleteKeyPair', 'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey',
    'EnableSerialConsoleAccess')
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
