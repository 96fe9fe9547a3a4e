/*
title = "Distance to the segment quota"
question = "How near does each account and region come to the quota of segments per second?"

[parameters.quota]
type = "bigint"
default = "2600"
about = "Segments per second that the region takes"
*/
SELECT account, region, max(segments) AS peak_per_second, approx_percentile(segments, 0.99) AS p99_per_second,
  round(1e2 * max(segments) / $quota, 2) AS percent_of_quota, min(IF(segments = peak, second)) AS peak_at
FROM (
  SELECT *, max(segments) OVER (PARTITION BY account, region) AS peak
  FROM (
    SELECT account, region, date_trunc('second', event_time) AS second, sum(segments) AS segments
    FROM xray_events
    WHERE operation = 'PutTraceSegments'
      AND event_time >= $from AND event_time < $to
    GROUP BY 1, 2, 3
  )
)
GROUP BY 1, 2
ORDER BY peak_per_second DESC NULLS LAST, account, region
