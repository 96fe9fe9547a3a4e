/*
title = "Spans read through CloudWatch Logs"
question = "Who reads spans in CloudWatch Logs, where X-Ray sends them?"
*/
WITH reads AS (
  SELECT recipientAccountId AS account, awsRegion AS region, caller(userIdentity) AS principal, eventName AS event_name,
    count(*) AS reads, count(errorCode) AS errors, min(eventTime) AS first_seen, max(eventTime) AS last_seen
  FROM event_data_store
  WHERE eventSource = 'logs.amazonaws.com'
    AND eventName IN ('StartQuery', 'GetLogEvents', 'FilterLogEvents', 'GetLogRecord', 'StartLiveTail', 'GetLogObject', 'GetLogFields')
    AND eventTime >= $from AND eventTime < $to
    AND any_match(map_values(requestParameters), v -> strpos(v, 'aws/spans') > 0 OR strpos(v, '/aws/application-signals/data') > 0)
  GROUP BY 1, 2, 3, 4
), destinations AS (
  SELECT account, region, event_time AS since
  FROM xray_events
  WHERE operation = 'UpdateTraceSegmentDestination' AND error_code IS NULL AND element_at(request, 'destination') = 'CloudWatchLogs'
    AND event_time < $to
)
SELECT r.account, r.region, principal, event_name, reads, errors, first_seen, last_seen, max(since) AS destination_since
FROM reads AS r LEFT JOIN destinations AS d ON d.account = r.account AND d.region = r.region AND since < last_seen
GROUP BY r.account, r.region, principal, event_name, reads, errors, first_seen, last_seen
ORDER BY reads DESC, account, region, principal, event_name
