/*
title = "Segments that X-Ray refused"
question = "Which segments were accepted as a call and then not processed, and why?"
chart = "bar"

[parameters.role]
type = "varchar"
default = "%"
about = "Pattern of the sender's ARN or of its name"
*/
SELECT json_extract_scalar(t.segment, '$.errorCode') AS error, count(*) AS segments, role,
  min(json_extract_scalar(t.segment, '$.message')) AS message, min(event_time) AS first_seen, max(event_time) AS last_seen
FROM xray_events
CROSS JOIN UNNEST(TRY(CAST(json_parse(element_at(response, 'unprocessedTraceSegments')) AS array(json)))) AS t (segment)
WHERE operation = 'PutTraceSegments' AND unprocessed > 0
  AND event_time >= $from AND event_time < $to
  AND (coalesce(role, '') LIKE $role OR role LIKE '%/' || $role)
GROUP BY 1, 3
ORDER BY segments DESC, error, role
