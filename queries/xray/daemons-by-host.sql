/*
title = "Daemons by version and host"
question = "Which version of the daemon or of a collector runs on which host?"

[parameters.client]
type = "varchar"
default = "daemon"
about = "Pattern of the client: daemon, collector, cloudwatch agent, ..."
*/
SELECT account, coalesce(session, caller) AS host, role, client, client_version AS version,
  regexp_extract(user_agent, 'exec-env/(\S+)', 1) AS environment, count(*) AS calls, sum(segments) AS segments,
  min(event_time) AS first_seen, max(event_time) AS last_seen
FROM xray_events
WHERE client LIKE $client
  AND event_time >= $from AND event_time < $to
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY version, account, host
