/*
title = "Identity Center sign-ins"
question = "Who signed in through IAM Identity Center, to which account, and did it work?"
techniques = ["T1078.004"]

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  coalesce(userIdentity.userName, caller(userIdentity)) AS user_name,
  eventName AS event_name,
  coalesce(element_at(serviceEventDetails, eventName), element_at(responseElements, eventName)) AS result,
  coalesce(element_at(serviceEventDetails, 'account_id'), element_at(additionalEventData, 'LoginTo')) AS signed_in_to,
  sourceIPAddress AS address, errorCode AS error
FROM event_data_store
WHERE eventSource IN ('sso.amazonaws.com', 'signin.amazonaws.com')
  AND (eventName IN ('Authenticate', 'Federate', 'UserAuthentication', 'CredentialChallenge', 'CredentialVerification', 'CreateToken')
    OR userIdentity.type = 'IdentityCenterUser')
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
LIMIT $limit
