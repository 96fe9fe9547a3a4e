/*
title = "Console sign-ins without MFA"
question = "Who signed in to the console without multi-factor authentication?"
techniques = ["T1078.004"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.federated]
type = "boolean"
default = "false"
about = "Whether roles count too; their MFA lies with the identity provider"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal,
  userIdentity.type AS identity_type, sourceIPAddress AS address, awsRegion AS region, userAgent AS user_agent
FROM event_data_store
WHERE eventSource = 'signin.amazonaws.com' AND eventName = 'ConsoleLogin'
  AND eventTime >= $from AND eventTime < $to
  AND element_at(responseElements, 'ConsoleLogin') = 'Success'
  AND coalesce(element_at(additionalEventData, 'MFAUsed'), 'No') <> 'Yes'
  AND (userIdentity.type IN ('IAMUser', 'Root') OR $federated)
  AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
