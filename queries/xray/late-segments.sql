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
  count_if(seconds > 3600) AS later_than_an_hour, count_if(seconds < 0) AS from_the_future, count(*) AS calls
FROM (
  SELECT userIdentity.sessionContext.sessionIssuer.userName AS role, date_diff('second', from_unixtime(from_base(
    substr(json_extract_scalar(element_at(requestParameters, 'traceSegmentDocuments'), '$[0]'), 12, 8), 16)),
    eventTime) AS seconds
  FROM event_data_store
  WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments'
    AND eventTime >= $from AND eventTime < $to
    AND regexp_like(element_at(requestParameters, 'traceSegmentDocuments'), '^\["trace_id:1-[0-9a-f]{8}-[0-9a-f]{24}"')
)
WHERE seconds BETWEEN -3600 AND 30 * 86400
GROUP BY 1
HAVING count(*) >= $segments
ORDER BY p99_seconds DESC
