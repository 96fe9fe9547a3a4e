SELECT
  event_time,
  event_id,
  account,
  region,
  operation,
  caller,
  source_ip,
  rule,
  CASE operation
    WHEN 'UpdateSamplingRule' THEN known_rate
    WHEN 'DeleteSamplingRule' THEN coalesce(told_rate, known_rate)
  END AS rate_before,
  CASE operation
    WHEN 'CreateSamplingRule' THEN rate
    WHEN 'UpdateSamplingRule' THEN coalesce(rate, known_rate)
  END AS rate_after,
  rate,
  asked,
  told
FROM (
  SELECT *,
    IF(rule IS NOT NULL,
      lag(rate) IGNORE NULLS OVER (PARTITION BY account, region, rule ORDER BY event_time, event_id)) AS known_rate
  FROM (
    SELECT *,
      coalesce(
        json_extract_scalar(asked, '$.ruleName'),
        element_at(request, 'ruleName'),
        json_extract_scalar(told, '$.ruleName'),
        regexp_extract(
          coalesce(json_extract_scalar(asked, '$.ruleARN'), element_at(request, 'ruleARN'), json_extract_scalar(told, '$.ruleARN')),
          ':sampling-rule/(.+)$', 1)) AS rule,
      TRY_CAST(json_extract_scalar(told, '$.fixedRate') AS double) AS told_rate,
      TRY_CAST(coalesce(json_extract_scalar(asked, '$.fixedRate'), json_extract_scalar(told, '$.fixedRate')) AS double) AS rate
    FROM (
      SELECT event_time, event_id, account, region, operation, caller, source_ip, request,
        coalesce(element_at(request, 'samplingRule'), element_at(request, 'samplingRuleUpdate')) AS asked,
        json_format(json_extract(element_at(response, 'samplingRuleRecord'), '$.samplingRule')) AS told
      FROM xray_events
      WHERE operation IN ('CreateSamplingRule', 'UpdateSamplingRule', 'DeleteSamplingRule') AND error_code IS NULL
    )
  )
)
