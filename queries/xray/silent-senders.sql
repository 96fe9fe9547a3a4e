/*
title = "Senders that went silent"
question = "Who sent segments and then stopped before the trail ends?"

[parameters.hours]
type = "bigint"
default = "2"
about = "Hours of silence before the newest segment"

[parameters.calls]
type = "bigint"
default = "20"
about = "Least number of calls before"

[parameters.days]
type = "bigint"
default = "7"
about = "Senders silent for longer than these days are left out"
*/
WITH senders AS (
  SELECT role, region, count(*) AS calls, min(event_time) AS first_segment, max(event_time) AS last_segment
  FROM xray_events
  WHERE operation = 'PutTraceSegments'
    AND event_time >= $from AND event_time < $to
  GROUP BY 1, 2
), trail AS (
  SELECT max(event_time) AS ends FROM xray_events WHERE operation = 'PutTraceSegments' AND event_time >= $from AND event_time < $to
)
SELECT role, region, calls, first_segment, last_segment, date_diff('minute', last_segment, ends) AS silent_minutes,
  round(calls * 6e1 / greatest(date_diff('minute', first_segment, last_segment), 1), 1) AS calls_per_hour
FROM senders CROSS JOIN trail
WHERE calls >= $calls AND role IS NOT NULL
  AND last_segment <= date_add('hour', -$hours, ends) AND last_segment >= date_add('day', -$days, ends)
ORDER BY silent_minutes * (calls * 1e0 / greatest(date_diff('minute', first_segment, last_segment), 1)) DESC, role, region
