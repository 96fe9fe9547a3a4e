/*
title = "Segments in a call"
question = "How many segments do calls carry, and how often is a batch full?"
chart = "bar"

[parameters.role]
type = "varchar"
default = "%"
about = "Pattern of the sender's ARN or of its name"
*/
SELECT CASE WHEN segments = 0 THEN '0' WHEN segments = 1 THEN '1' WHEN segments <= 5 THEN '2 to 5'
    WHEN segments <= 20 THEN '6 to 20' WHEN segments <= 49 THEN '21 to 49' WHEN segments >= 50 THEN '50 or more'
    ELSE 'unknown' END AS segments_in_call,
  count(*) AS calls, sum(segments) AS segments, min(segments) AS smallest
FROM xray_events
WHERE operation = 'PutTraceSegments' AND error_code IS NULL
  AND event_time >= $from AND event_time < $to
  AND (coalesce(role, '') LIKE $role OR role LIKE '%/' || $role)
GROUP BY 1
ORDER BY smallest
