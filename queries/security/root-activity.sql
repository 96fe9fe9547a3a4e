/*
title = "What root did"
question = "What was done as root, how, and from where?"
techniques = ["T1078.004"]

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source, such as ec2.amazonaws.com"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, eventSource AS event_source, eventName AS event_name,
  CASE WHEN eventType = 'AwsConsoleSignIn' THEN 'sign-in' WHEN userIdentity.accessKeyId LIKE 'AKIA%' THEN 'access key'
    WHEN sessionCredentialFromConsole = 'true' THEN 'console' ELSE 'session' END AS how,
  sourceIPAddress AS address, userIdentity.sessionContext.attributes.mfaAuthenticated AS mfa, errorCode AS error
FROM event_data_store
WHERE userIdentity.type = 'Root' AND userIdentity.invokedBy IS NULL AND eventType <> 'AwsServiceEvent'
  AND eventTime >= $from AND eventTime < $to
  AND recipientAccountId LIKE $account AND eventSource LIKE $source
ORDER BY event_time DESC
