/*
title = "Sampling rules, before and after"
question = "How did the rate of each sampling rule change, and by whom?"

[parameters.rule]
type = "varchar"
default = "%"
about = "Pattern of the rule's name"
*/
WITH changes AS (
  SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region, userIdentity.arn AS principal,
    eventName AS event_name,
    coalesce(json_extract_scalar(element_at(requestParameters, 'samplingRule'), '$.ruleName'),
      json_extract_scalar(element_at(requestParameters, 'samplingRuleUpdate'), '$.ruleName'),
      element_at(requestParameters, 'ruleName'), element_at(requestParameters, 'ruleARN')) AS rule,
    TRY_CAST(coalesce(json_extract_scalar(element_at(requestParameters, 'samplingRule'), '$.fixedRate'),
      json_extract_scalar(element_at(requestParameters, 'samplingRuleUpdate'), '$.fixedRate')) AS double) AS rate
  FROM event_data_store
  WHERE eventSource = 'xray.amazonaws.com'
    AND eventName IN ('CreateSamplingRule', 'UpdateSamplingRule', 'DeleteSamplingRule')
    AND errorCode IS NULL
    AND eventTime >= $from AND eventTime < $to
)
SELECT event_time, account, region, rule, event_name,
  lag(rate) IGNORE NULLS OVER (PARTITION BY account, region, rule ORDER BY event_time) AS rate_before,
  rate AS rate_after, principal
FROM changes
WHERE rule LIKE $rule
ORDER BY event_time DESC
