SELECT
  e.eventTime AS event_time,
  e.eventID AS event_id,
  e.recipientAccountId AS account,
  e.awsRegion AS region,
  e.eventName AS operation,
  coalesce(e.userIdentity.sessionContext.sessionIssuer.arn, e.userIdentity.arn) AS role,
  e.sourceIPAddress AS source_ip,
  t.trace_id AS trace_id,
  t.segments AS segments,
  CASE WHEN regexp_like(t.trace_id, '^1-[0-9a-f]{8}-[0-9a-f]{24}$')
      AND from_base(substr(t.trace_id, 3, 8), 16)
        BETWEEN to_unixtime(e.eventTime) - 30 * 86400 AND to_unixtime(e.eventTime) + 3600
    THEN CAST(from_unixtime(from_base(substr(t.trace_id, 3, 8), 16)) AT TIME ZONE 'UTC' AS timestamp(3))
  END AS trace_start,
  e.errorCode AS error_code
FROM event_data_store AS e
CROSS JOIN UNNEST(map_entries(array_histogram(
  transform(
    coalesce(
      TRY_CAST(json_parse(element_at(e.requestParameters, 'traceSegmentDocuments')) AS array(varchar)),
      TRY_CAST(json_parse(element_at(e.requestParameters, 'traceIds')) AS array(varchar))),
    id -> replace(id, 'trace_id:', ''))))) AS t (trace_id, segments)
WHERE e.eventSource = 'xray.amazonaws.com'
  AND e.eventName IN ('PutTraceSegments', 'BatchGetTraces', 'GetTraceGraph', 'StartTraceRetrieval')
