/*
title = "What sampling really keeps"
question = "What share of requests does each sampling rule keep, by the samplers' own counts?"
chart = "bar"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT json_extract_scalar(t.document, '$.ruleName') AS rule,
  sum(TRY_CAST(json_extract_scalar(t.document, '$.requestCount') AS bigint)) AS requests,
  sum(TRY_CAST(json_extract_scalar(t.document, '$.sampledCount') AS bigint)) AS sampled,
  sum(TRY_CAST(json_extract_scalar(t.document, '$.borrowCount') AS bigint)) AS borrowed,
  round(1e2 * sum(TRY_CAST(json_extract_scalar(t.document, '$.sampledCount') AS bigint))
    / nullif(sum(TRY_CAST(json_extract_scalar(t.document, '$.requestCount') AS bigint)), 0), 2) AS percent_sampled,
  count(DISTINCT recipientAccountId) AS accounts
FROM event_data_store
CROSS JOIN UNNEST(CAST(json_parse(element_at(requestParameters, 'samplingStatisticsDocuments')) AS array(json))) AS t (document)
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'GetSamplingTargets'
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1
ORDER BY requests DESC
LIMIT $limit
