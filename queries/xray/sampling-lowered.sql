/*
title = "Sampling lowered, and the volume after"
question = "Which sampling rules were lowered or deleted, and what happened to the volume of segments?"

[parameters.hours]
type = "bigint"
default = "24"
about = "Hours before and after that are compared"
*/
WITH lowered AS (
  SELECT * FROM xray_sampling_changes
  WHERE rate_before IS NOT NULL AND (operation = 'DeleteSamplingRule' OR rate_after < rate_before)
    AND event_time >= $from AND event_time < $to
), volume AS (
  SELECT account, region, event_time AS sent_at, segments
  FROM xray_events
  WHERE operation = 'PutTraceSegments' AND segments > 0 AND event_time < $to
)
SELECT event_time, l.account, l.region, rule, operation AS event_name, rate_before, rate_after, caller AS principal,
  coalesce(sum(IF(sent_at < event_time, segments)), 0) AS segments_before,
  coalesce(sum(IF(sent_at >= event_time, segments)), 0) AS segments_after,
  round(1e2 * coalesce(sum(IF(sent_at >= event_time, segments)), 0) / nullif(sum(IF(sent_at < event_time, segments)), 0), 1) AS percent_left,
  event_id
FROM lowered AS l LEFT JOIN volume AS v
  ON v.account = l.account AND v.region = l.region
  AND sent_at >= date_add('hour', -$hours, event_time) AND sent_at < date_add('hour', $hours, event_time)
GROUP BY event_time, l.account, l.region, rule, operation, rate_before, rate_after, caller, event_id
ORDER BY event_time DESC, event_id DESC
