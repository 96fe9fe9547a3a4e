/*
title = "Sampling pollers out of rhythm"
question = "Which clients ask for sampling targets more often than every ten seconds?"

[parameters.rate]
type = "double"
default = "0.5"
about = "Calls a second from which a client is out of rhythm (a good one makes 0.1)"

[parameters.calls]
type = "bigint"
default = "3"
about = "Least number of calls"
*/
SELECT client, account, min(role) AS role, count(*) AS calls, min(event_time) AS first_seen, max(event_time) AS last_seen,
  round(count(*) * 1e0 / greatest(date_diff('second', min(event_time), max(event_time)), 1), 3) AS calls_per_second
FROM (
  SELECT event_time, account, role, coalesce(
    json_extract_scalar(element_at(request, 'samplingStatisticsDocuments'), '$[0].clientID'),
    json_extract_scalar(element_at(request, 'samplingStatisticsDocuments'), '$[0].clientId')) AS client
  FROM xray_events
  WHERE operation = 'GetSamplingTargets'
    AND event_time >= $from AND event_time < $to
)
WHERE client IS NOT NULL
GROUP BY 1, 2
HAVING count(*) >= $calls
  AND count(*) * 1e0 / greatest(date_diff('second', min(event_time), max(event_time)), 1) >= $rate
ORDER BY calls_per_second DESC, client, account
