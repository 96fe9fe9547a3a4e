/*
title = "Tracing switched off"
question = "Who deleted sampling rules or groups of X-Ray, lowered sampling to nothing, or moved segments elsewhere?"
techniques = ["T1562.001"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'ruleName'), element_at(requestParameters, 'samplingRuleUpdate'),
    element_at(requestParameters, 'rule'), element_at(requestParameters, 'destination'),
    element_at(requestParameters, 'groupName'), element_at(requestParameters, 'groupARN'),
    element_at(requestParameters, 'ruleARN')) AS change,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND (eventName IN ('DeleteSamplingRule', 'DeleteGroup', 'UpdateTraceSegmentDestination')
    OR eventName = 'UpdateIndexingRule'
      AND TRY_CAST(json_extract_scalar(element_at(requestParameters, 'rule'), '$.probabilistic.desiredSamplingPercentage') AS double) < 1
    OR eventName = 'UpdateSamplingRule'
      AND TRY_CAST(json_extract_scalar(element_at(requestParameters, 'samplingRuleUpdate'), '$.fixedRate') AS double) <= 0.001)
ORDER BY event_time DESC
