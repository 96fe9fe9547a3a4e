/*
title = "Throttling against the quota"
question = "In which hours does X-Ray throttle, and how near is the quota of segments?"

[parameters.quota]
type = "bigint"
default = "2600"
about = "Segments per second that the region takes"
*/
SELECT hour, account, region, sum(calls) AS calls, sum(throttled) AS throttled, round(1e2 * sum(throttled) / sum(calls), 2) AS percent,
  sum(segments) AS segments, sum(segments_throttled) AS segments_throttled, max(segments) AS peak_per_second,
  round(1e2 * max(segments) / $quota, 2) AS percent_of_quota
FROM (
  SELECT date_trunc('hour', event_time) AS hour, account, region, date_trunc('second', event_time) AS second, count(*) AS calls,
    count_if(throttled) AS throttled, sum(segments) AS segments, sum(IF(throttled, segments)) AS segments_throttled
  FROM xray_events
  WHERE event_time >= $from AND event_time < $to
  GROUP BY 1, 2, 3, 4
)
GROUP BY 1, 2, 3
HAVING sum(throttled) > 0 OR 1e2 * max(segments) / $quota >= 80
ORDER BY hour, account, region
