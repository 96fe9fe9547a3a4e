/*
title = "Segments sent by role"
question = "Who sends segments, and how many in each stretch of time?"
chart = "line"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"

[parameters.role]
type = "varchar"
default = "%"
about = "Pattern of the sender's ARN or of its name"
*/
SELECT date_trunc($unit, event_time) AS time, role, sum(segments) AS segments, sum(segments_accepted) AS accepted, count(*) AS calls
FROM xray_events
WHERE operation = 'PutTraceSegments' AND error_code IS NULL
  AND event_time >= $from AND event_time < $to
  AND (coalesce(role, '') LIKE $role OR role LIKE '%/' || $role)
GROUP BY 1, 2
ORDER BY time, segments DESC NULLS LAST, role
