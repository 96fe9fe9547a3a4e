/*
title = "Readers of traces"
question = "Who reads traces, how often, and from how many addresses?"
chart = "bar"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the reader's ARN or of its name"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT role AS principal, count(*) AS calls, count(DISTINCT operation) AS operations, count(DISTINCT source_ip) AS addresses,
  sum(traces_requested) AS traces, count(error_code) AS errors, min(event_time) AS first_seen, max(event_time) AS last_seen
FROM xray_events
WHERE operation IN ('BatchGetTraces', 'GetTraceSummaries', 'GetTraceGraph', 'GetServiceGraph', 'GetTimeSeriesServiceStatistics',
    'StartTraceRetrieval', 'ListRetrievedTraces', 'GetRetrievedTracesGraph')
  AND event_time >= $from AND event_time < $to
  AND (coalesce(role, '') LIKE $principal OR role LIKE '%/' || $principal)
GROUP BY 1
ORDER BY calls DESC, principal
LIMIT $limit
