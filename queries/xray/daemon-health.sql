/*
title = "Health of daemons"
question = "Which hosts spill or lose segments, by the daemon's own telemetry?"
chart = "bar"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT host, account,
  sum(TRY_CAST(json_extract_scalar(t.record, '$.segmentsReceivedCount') AS bigint)) AS received,
  sum(TRY_CAST(json_extract_scalar(t.record, '$.segmentsSentCount') AS bigint)) AS sent,
  sum(TRY_CAST(json_extract_scalar(t.record, '$.segmentsSpilloverCount') AS bigint)) AS spilled,
  sum(TRY_CAST(json_extract_scalar(t.record, '$.segmentsRejectedCount') AS bigint)) AS rejected,
  sum(TRY_CAST(json_extract_scalar(t.record, '$.backendConnectionErrors.timeoutCount') AS bigint)) AS timeouts,
  max(event_time) AS last_seen
FROM (
  SELECT event_time, account, element_at(request, 'telemetryRecords') AS records,
    coalesce(
      element_at(map_values(map_filter(request, (k, v) -> lower(k) = 'hostname' AND v NOT IN ('', 'HIDDEN_DUE_TO_SECURITY_REASONS'))), 1),
      element_at(map_values(map_filter(request, (k, v) -> lower(k) = 'ec2instanceid' AND v NOT IN ('', 'HIDDEN_DUE_TO_SECURITY_REASONS'))), 1),
      caller) AS host
  FROM xray_events
  WHERE operation = 'PutTelemetryRecords'
    AND event_time >= $from AND event_time < $to
)
CROSS JOIN UNNEST(TRY(CAST(json_parse(records) AS array(json)))) AS t (record)
GROUP BY 1, 2
ORDER BY coalesce(spilled, 0) + coalesce(rejected, 0) DESC, received DESC NULLS LAST, host, account
LIMIT $limit
