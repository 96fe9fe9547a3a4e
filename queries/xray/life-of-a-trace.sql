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
    WHERE operation IN ('BatchGetTraces', 'GetTraceGraph', 'StartTraceRetrieval')
      AND event_time >= $from AND event_time < $to
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)) AS id
), calls AS (
  -- The end of an id is the same in every form. Few texts hold it, so few are read as JSON.
  SELECT event_time, operation, account, caller, source_ip, error_code, event_id, id, names
  FROM (
    SELECT *, coalesce(element_at(request, 'traceSegmentDocuments'), element_at(request, 'traceIds')) AS names
    FROM xray_events
    WHERE operation IN ('PutTraceSegments', 'BatchGetTraces', 'GetTraceGraph', 'StartTraceRetrieval')
      AND event_time >= $from AND event_time < $to
  ) CROSS JOIN wanted
  WHERE strpos(lower(names), lower(substr(id, 12))) > 0
), named AS (
  SELECT *, cardinality(filter(TRY(CAST(json_parse(names) AS array(varchar))), name -> xray_trace_id(name) = id)) AS segments
  FROM calls
)
SELECT event_time, IF(operation = 'PutTraceSegments', 'sent', 'read') AS action, operation AS event_name, account,
  caller AS principal, source_ip AS address, id AS trace_id, segments, error_code AS error, event_id
FROM named
WHERE segments > 0
ORDER BY event_time, event_id
