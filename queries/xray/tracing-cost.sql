/*
title = "What tracing costs"
question = "What does tracing cost, by service and role?"
chart = "bar"

[parameters.price]
type = "double"
default = "5.00"
about = "Price of a million traces recorded"
*/
WITH sent AS (
  SELECT *, coalesce(invoked_by, client, 'unknown') AS service
  FROM xray_events
  WHERE operation = 'PutTraceSegments'
    AND event_time >= $from AND event_time < $to
), calls AS (
  SELECT account, role, service, count(*) AS calls, sum(segments) AS segments, sum(segments_accepted) AS accepted,
    round(avg(request_bytes)) AS bytes_per_call
  FROM sent
  GROUP BY 1, 2, 3
), recorded AS (
  SELECT account, role, service, count(DISTINCT t.id) AS traces
  FROM sent CROSS JOIN UNNEST(trace_ids) AS t (id)
  WHERE error_code IS NULL
  GROUP BY 1, 2, 3
)
-- A trace counts at each role that sends segments of it, so the costs of all are more than the bill.
SELECT c.account, c.role, c.service, calls, segments, accepted, coalesce(traces, 0) AS traces, bytes_per_call,
  round(coalesce(traces, 0) * $price / 1e6, 6) AS cost
FROM calls AS c LEFT JOIN recorded AS r
  ON c.account IS NOT DISTINCT FROM r.account AND c.role IS NOT DISTINCT FROM r.role AND c.service = r.service
ORDER BY cost DESC, segments DESC NULLS LAST, account, role, service
