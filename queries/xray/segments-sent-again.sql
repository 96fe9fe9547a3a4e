/*
title = "Segments sent again"
question = "Who sends the same batch of segments again, and after errors?"
chart = "bar"

[parameters.segments]
type = "bigint"
default = "2"
about = "Least number of segments of a batch; a single one may be another segment of the same trace"
*/
SELECT account, region, role, count(*) AS batches, sum(calls - 1) AS calls_again, sum(segments * (calls - 1)) AS segments_again,
  count_if(first_failed) AS after_errors, max(last_seen) AS last_seen
FROM (
  SELECT account, region, role, element_at(request, 'traceSegmentDocuments') AS batch, count(*) AS calls, max(segments) AS segments,
    min_by(error_code IS NOT NULL, ROW(event_time, coalesce(event_id, ''))) AS first_failed, max(event_time) AS last_seen
  FROM xray_events
  WHERE operation = 'PutTraceSegments' AND segments >= $segments
    AND event_time >= $from AND event_time < $to
  GROUP BY 1, 2, 3, 4
  HAVING count(*) > 1
)
GROUP BY 1, 2, 3
ORDER BY segments_again DESC, account, region, role
