/*
title = "Console sign-ins of root"
question = "When did root sign in to the console, from where, and with multi-factor authentication?"
techniques = ["T1078.004"]

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, element_at(responseElements, 'ConsoleLogin') AS result,
  element_at(additionalEventData, 'MFAUsed') AS mfa_used, sourceIPAddress AS address, errorMessage AS message,
  userAgent AS user_agent
FROM event_data_store
WHERE eventSource = 'signin.amazonaws.com' AND eventName = 'ConsoleLogin' AND userIdentity.type = 'Root'
  AND eventTime >= $from AND eventTime < $to
  AND recipientAccountId LIKE $account
ORDER BY event_time DESC
