/*
title = "Transaction search and indexing"
question = "Where do spans go, and what share of them is indexed?"
*/
WITH changes AS (
  SELECT event_time, account, region, operation AS event_name, caller AS principal, element_at(request, 'destination') AS destination,
    element_at(response, 'status') AS status, IF(operation = 'UpdateIndexingRule', element_at(request, 'name')) AS rule,
    TRY_CAST(json_extract_scalar(element_at(request, 'rule'), '$.probabilistic.desiredSamplingPercentage') AS double) AS percent,
    error_code AS error, event_id
  FROM xray_events
  WHERE operation IN ('UpdateTraceSegmentDestination', 'UpdateIndexingRule') AND event_time < $to
), compared AS (
  -- What was before does not depend on where the window begins.
  SELECT *, IF(rule IS NOT NULL, lag(IF(error IS NULL, percent)) IGNORE NULLS OVER (
    PARTITION BY account, region, rule ORDER BY event_time, event_id)) AS percent_before
  FROM changes
)
SELECT event_time, account, region, event_name, principal, destination, status, rule, percent_before, percent, error, event_id
FROM compared
WHERE event_time >= $from
ORDER BY event_time DESC, event_id DESC
