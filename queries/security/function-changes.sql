/*
title = "Changes of functions"
question = "Who changed code, environment, layers, role, URL or triggers of functions?"
techniques = ["T1648"]

[parameters.function]
type = "varchar"
default = "%"
about = "Pattern of the function's name or ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal,
  regexp_replace(eventName, '20\d{6}(v2)?$') AS change, element_at(requestParameters, 'functionName') AS function_name,
  coalesce(element_at(requestParameters, 'layers'), element_at(requestParameters, 'authType'),
    element_at(requestParameters, 'role'), element_at(requestParameters, 'eventSourceArn'),
    element_at(responseElements, 'codeSha256')) AS detail,
  sourceIPAddress AS address, errorCode AS error
FROM event_data_store
WHERE eventSource = 'lambda.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(eventName, '^(Create|Update|Delete|Publish|Put|Add|Remove)') AND coalesce(managementEvent, true)
  AND coalesce(element_at(requestParameters, 'functionName'), '') LIKE $function
ORDER BY event_time DESC
LIMIT $limit
