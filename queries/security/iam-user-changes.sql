/*
title = "Changes of IAM users"
question = "What was changed about IAM users, and by whom?"
techniques = ["T1098"]

[parameters.user]
type = "varchar"
default = "%"
about = "Pattern of the user's name"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, element_at(requestParameters, 'userName') AS user_name,
  coalesce(element_at(requestParameters, 'policyArn'), element_at(requestParameters, 'groupName'),
    element_at(requestParameters, 'accessKeyId'), element_at(requestParameters, 'policyName'),
    element_at(requestParameters, 'serialNumber')) AS detail,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 'iam.amazonaws.com' AND readOnly = false
  AND eventTime >= $from AND eventTime < $to
  AND element_at(requestParameters, 'userName') LIKE $user
ORDER BY event_time DESC
LIMIT $limit
