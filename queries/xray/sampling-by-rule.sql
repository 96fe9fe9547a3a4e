/*
title = "What sampling really keeps"
question = "What share of requests does each sampling rule keep, by the samplers' own counts?"
chart = "bar"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT rule, sum(requests) AS requests, sum(sampled) AS sampled, sum(borrowed) AS borrowed,
  round(1e2 * sum(sampled) / nullif(sum(requests), 0), 2) AS percent_sampled, count(DISTINCT account) AS accounts
FROM (
  SELECT account, json_extract_scalar(t.document, '$.ruleName') AS rule,
    TRY_CAST(json_extract_scalar(t.document, '$.requestCount') AS bigint) AS requests,
    TRY_CAST(json_extract_scalar(t.document, '$.sampledCount') AS bigint) AS sampled,
    TRY_CAST(json_extract_scalar(t.document, '$.borrowCount') AS bigint) AS borrowed
  FROM xray_events
  CROSS JOIN UNNEST(TRY(CAST(json_parse(element_at(request, 'samplingStatisticsDocuments')) AS array(json)))) AS t (document)
  WHERE operation = 'GetSamplingTargets'
    AND event_time >= $from AND event_time < $to
)
GROUP BY 1
ORDER BY requests DESC NULLS LAST, rule
LIMIT $limit
