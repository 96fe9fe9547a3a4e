/*
title = "Bulk export of traces"
question = "Who fetched very many traces within an hour?"

[parameters.traces]
type = "bigint"
default = "100"
about = "Least number of different traces in the hour"
*/
SELECT date_trunc('hour', event_time) AS hour, caller AS principal, count(DISTINCT trace_id) AS traces,
  count(DISTINCT event_id) AS calls, min(source_ip) AS address,
  max(caller_account) AS caller_account, max(account) AS owner_account
FROM xray_traces
WHERE operation IN ('BatchGetTraces', 'GetTraceGraph', 'StartTraceRetrieval') AND error_code IS NULL
  AND event_time >= $from AND event_time < $to
GROUP BY 1, 2
HAVING count(DISTINCT trace_id) >= $traces
ORDER BY traces DESC, hour, principal
