SELECT
  event_time,
  event_id,
  account,
  region,
  operation,
  role,
  caller,
  session,
  caller_account,
  source_ip,
  t.trace_id,
  t.segments,
  xray_trace_start(t.trace_id, event_time) AS trace_start,
  error_code
FROM xray_events
CROSS JOIN UNNEST(map_entries(array_histogram(trace_ids))) AS t (trace_id, segments)
WHERE operation IN ('PutTraceSegments', 'BatchGetTraces', 'GetTraceGraph', 'StartTraceRetrieval')
