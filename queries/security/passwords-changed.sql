/*
title = "Passwords and sign-in profiles"
question = "Whose password or console access was made, changed or taken away, and by whom?"
techniques = ["T1098"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, element_at(requestParameters, 'userName') AS user_name,
  element_at(requestParameters, 'passwordResetRequired') AS reset_required, errorCode AS error
FROM event_data_store
WHERE eventSource IN ('iam.amazonaws.com', 'signin.amazonaws.com', 'sso-directory.amazonaws.com')
  AND eventName IN ('CreateLoginProfile', 'UpdateLoginProfile', 'DeleteLoginProfile', 'ChangePassword',
    'UpdateAccountPasswordPolicy', 'DeleteAccountPasswordPolicy', 'PasswordRecoveryRequested', 'PasswordRecoveryCompleted',
    'PasswordUpdated', 'UpdatePassword')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
