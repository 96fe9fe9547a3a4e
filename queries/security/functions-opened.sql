/*
title = "Functions opened to others"
question = "Which functions may be called by everyone, by another account or from a URL without sign-in?"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, eventName AS event_name,
  coalesce(element_at(requestParameters, 'functionName'), element_at(requestParameters, 'layerName')) AS function_name,
  coalesce(element_at(requestParameters, 'principal'), 'URL with ' || element_at(requestParameters, 'authType')) AS opened_to,
  coalesce(element_at(requestParameters, 'sourceArn'), element_at(requestParameters, 'sourceAccount')) AS only_from,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 'lambda.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND (regexp_like(eventName, '^(AddPermission|AddLayerVersionPermission)')
      AND NOT coalesce(element_at(requestParameters, 'principal'), '') LIKE '%.amazonaws.com'
      AND strpos(coalesce(element_at(requestParameters, 'principal'), ''), recipientAccountId) = 0
    OR regexp_like(eventName, '^(Create|Update)FunctionUrlConfig') AND element_at(requestParameters, 'authType') = 'NONE')
ORDER BY event_time DESC
