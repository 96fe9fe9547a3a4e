/*
title = "X-Ray calls below TLS 1.2"
question = "Who calls X-Ray with an outdated version of TLS, or without telling one?"
chart = "bar"

[parameters.version]
type = "double"
default = "1.2"
about = "Lowest version that is good enough"
*/
SELECT role AS principal, count(*) AS calls, coalesce(tls_version, '(none)') AS tls_version, count(DISTINCT source_ip) AS addresses,
  min(user_agent) AS user_agent, max(event_time) AS last_seen
FROM xray_events
WHERE event_time >= $from AND event_time < $to
  AND source_ip NOT LIKE '%.amazonaws.com' AND source_ip <> 'AWS Internal'
  AND (tls_version IS NULL OR coalesce(TRY_CAST(replace(tls_version, 'TLSv') AS double), 0) < $version)
GROUP BY 1, 3
ORDER BY calls DESC, principal, tls_version
