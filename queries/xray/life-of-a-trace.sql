/*
title = "The life of one trace"
question = "Who sent segments of this trace, who read it, and when?"

[parameters.trace]
type = "varchar"
about = "Id of the trace, as X-Ray or as W3C writes it; without one, the trace that was asked for most often"
*/
WITH wanted AS (
  SELECT coalesce(xray_trace_id($trace), (
    SELECT trace_id FROM xray_traces
    WHERE operation <> 'PutTraceSegments'
      AND event_time >= $from AND event_time < $to
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)) AS id
)
SELECT event_time, IF(operation = 'PutTraceSegments', 'sent', 'read') AS action, operation AS event_name, account,
  caller AS principal, source_ip AS address, id AS trace_id, cardinality(filter(trace_ids, named -> named = id)) AS segments,
  error_code AS error, event_id
FROM xray_events CROSS JOIN wanted
WHERE operation IN ('PutTraceSegments', 'BatchGetTraces', 'GetTraceGraph', 'StartTraceRetrieval')
  AND event_time >= $from AND event_time < $to
  -- The end of an id is the same in every form; few texts hold it, so few are read as JSON.
  AND strpos(lower(coalesce(element_at(request, 'traceSegmentDocuments'), element_at(request, 'traceIds'))), lower(substr(id, 12))) > 0
  AND contains(trace_ids, id)
ORDER BY event_time, event_id
