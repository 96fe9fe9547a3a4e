/*
title = "Sampling switched off"
question = "Was a sampling rule deleted or set so low that nothing is recorded?"

[parameters.rate]
type = "double"
default = "0.001"
about = "A rate up to this counts as off"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region, userIdentity.arn AS principal,
  sourceIPAddress AS address, eventName AS event_name,
  coalesce(json_extract_scalar(element_at(requestParameters, 'samplingRuleUpdate'), '$.ruleName'),
    json_extract_scalar(element_at(requestParameters, 'samplingRule'), '$.ruleName'), element_at(requestParameters, 'ruleName'),
    element_at(requestParameters, 'ruleARN')) AS rule,
  coalesce(json_extract_scalar(element_at(requestParameters, 'samplingRuleUpdate'), '$.fixedRate'),
    json_extract_scalar(element_at(requestParameters, 'samplingRule'), '$.fixedRate')) AS rate
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventName IN ('CreateSamplingRule', 'UpdateSamplingRule', 'DeleteSamplingRule')
  AND eventTime >= $from AND eventTime < $to
  AND errorCode IS NULL
  AND (eventName = 'DeleteSamplingRule'
    OR TRY_CAST(coalesce(json_extract_scalar(element_at(requestParameters, 'samplingRuleUpdate'), '$.fixedRate'),
      json_extract_scalar(element_at(requestParameters, 'samplingRule'), '$.fixedRate')) AS double) <= $rate)
ORDER BY event_time DESC
