/*
title = "Late segments and wrong clocks"
question = "How old are traces when their segments arrive, and whose clocks run ahead?"
chart = "bar"

[parameters.segments]
type = "bigint"
default = "100"
about = "Least number of calls of a role"
*/
SELECT role, approx_percentile(seconds, 0.99) AS p99_seconds, approx_percentile(seconds, 0.5) AS median_seconds,
  count_if(seconds > 3600) AS later_than_an_hour, count_if(newest_trace > event_time) AS from_the_future, count(seconds) AS calls
FROM (
  SELECT role, event_time, newest_trace, date_diff('second', oldest_trace, event_time) AS seconds
  FROM xray_events
  WHERE operation = 'PutTraceSegments'
    AND event_time >= $from AND event_time < $to
)
GROUP BY 1
HAVING count(seconds) >= greatest($segments, 1)
ORDER BY p99_seconds DESC, role
