/*
title = "Versions of the X-Ray daemon"
question = "Which versions of the X-Ray daemon still run, and on how many hosts?"
chart = "bar"

[parameters.version]
type = "varchar"
default = "%"
about = "Pattern of the version, such as 3.3.%"
*/
SELECT client_version AS version, count(DISTINCT caller) AS hosts, regexp_extract(user_agent, 'exec-env/(\S+)', 1) AS environment,
  count(*) AS calls, count(DISTINCT account) AS accounts, min(event_time) AS first_seen, max(event_time) AS last_seen
FROM xray_events
WHERE client = 'daemon'
  AND event_time >= $from AND event_time < $to
  AND coalesce(client_version, '') LIKE $version
GROUP BY 1, 3
ORDER BY hosts DESC, version, environment
