/*
title = "Layers from other accounts"
question = "Which functions use a layer of another account?"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal,
  element_at(requestParameters, 'functionName') AS function_name, element_at(requestParameters, 'layers') AS layers,
  sourceIPAddress AS address
FROM event_data_store
WHERE eventSource = 'lambda.amazonaws.com' AND errorCode IS NULL
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(eventName, '^(CreateFunction|UpdateFunctionConfiguration)')
  AND any_match(regexp_extract_all(element_at(requestParameters, 'layers'), ':lambda:[^:]*:(\d{12}):layer', 1),
    id -> id <> recipientAccountId)
ORDER BY event_time DESC
