/*
title = "Distance to the segment quota"
question = "How near does each account and region come to the quota of segments per second?"

[parameters.quota]
type = "bigint"
default = "2600"
about = "Segments per second that the region takes"
*/
SELECT account, region, max(segments) AS peak_per_second, approx_percentile(segments, 0.99) AS p99_per_second,
  round(1e2 * max(segments) / $quota, 2) AS percent_of_quota, max_by(second, segments) AS peak_at
FROM (
  SELECT recipientAccountId AS account, awsRegion AS region, date_trunc('second', eventTime) AS second,
    sum(json_array_length(element_at(requestParameters, 'traceSegmentDocuments'))) AS segments
  FROM event_data_store
  WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments'
    AND eventTime >= $from AND eventTime < $to
  GROUP BY 1, 2, 3
)
GROUP BY 1, 2
ORDER BY peak_per_second DESC
