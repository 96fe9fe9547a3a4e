/*
title = "Changes of IAM policies"
question = "Which policies were written, attached or removed, for whom, and by whom?"
techniques = ["T1098.003"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'userName'), element_at(requestParameters, 'groupName'),
    element_at(requestParameters, 'roleName')) AS grantee,
  coalesce(element_at(requestParameters, 'policyArn'), element_at(requestParameters, 'policyName')) AS policy, errorCode AS error
FROM event_data_store
WHERE eventSource = 'iam.amazonaws.com' AND eventName LIKE '%Polic%'
  AND eventTime >= $from AND eventTime < $to
  AND NOT regexp_like(eventName, '^(Get|List|Simulate|Generate)')
  AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
LIMIT $limit
