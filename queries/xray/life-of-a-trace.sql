/*
title = "The life of one trace"
question = "Who sent segments of this trace, who read it, and when?"

[parameters.trace]
type = "varchar"
about = "Id of the trace; without one, the trace that was fetched most often"
*/
WITH wanted AS (
  SELECT coalesce($trace, (
    SELECT json_extract_scalar(element_at(requestParameters, 'traceIds'), '$[0]') FROM event_data_store
    WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'BatchGetTraces'
      AND eventTime >= $from AND eventTime < $to
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)) AS id
)
SELECT eventTime AS event_time, CASE WHEN eventName = 'PutTraceSegments' THEN 'sent' ELSE 'read' END AS action,
  eventName AS event_name, recipientAccountId AS account, userIdentity.arn AS principal, sourceIPAddress AS address,
  id AS trace_id, errorCode AS error
FROM event_data_store CROSS JOIN wanted
WHERE eventSource = 'xray.amazonaws.com'
  AND eventName IN ('PutTraceSegments', 'BatchGetTraces', 'GetTraceGraph', 'StartTraceRetrieval')
  AND eventTime >= $from AND eventTime < $to
  AND strpos(coalesce(element_at(requestParameters, 'traceSegmentDocuments'), element_at(requestParameters, 'traceIds')), id) > 0
ORDER BY event_time
