/*
title = "Health of daemons"
question = "Which hosts spill or lose segments, by the daemon's own telemetry?"
chart = "bar"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT coalesce(nullif(element_at(requestParameters, 'hostname'), ''), element_at(requestParameters, 'eC2InstanceId')) AS host,
  sum(TRY_CAST(json_extract_scalar(t.record, '$.segmentsReceivedCount') AS bigint)) AS received,
  sum(TRY_CAST(json_extract_scalar(t.record, '$.segmentsSentCount') AS bigint)) AS sent,
  sum(TRY_CAST(json_extract_scalar(t.record, '$.segmentsSpilloverCount') AS bigint)) AS spilled,
  sum(TRY_CAST(json_extract_scalar(t.record, '$.segmentsRejectedCount') AS bigint)) AS rejected,
  sum(TRY_CAST(json_extract_scalar(t.record, '$.backendConnectionErrors.timeoutCount') AS bigint)) AS timeouts,
  max(eventTime) AS last_seen
FROM event_data_store
CROSS JOIN UNNEST(CAST(json_parse(element_at(requestParameters, 'telemetryRecords')) AS array(json))) AS t (record)
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTelemetryRecords'
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1
ORDER BY spilled + rejected DESC NULLS LAST, received DESC
LIMIT $limit
