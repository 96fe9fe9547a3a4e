/*
title = "Hosts that fell silent"
question = "Which hosts sent to X-Ray and then stopped before the trail ends?"

[parameters.hours]
type = "bigint"
default = "2"
about = "Hours of silence before the newest call that sends"

[parameters.calls]
type = "bigint"
default = "10"
about = "Least number of calls before"

[parameters.days]
type = "bigint"
default = "7"
about = "Hosts silent for longer than these days are left out"
*/
WITH hosts AS (
  SELECT account, region, role, coalesce(session, caller, source_ip) AS host,
    max_by(client, ROW(event_time, coalesce(event_id, ''))) AS client, count(*) AS calls,
    min(event_time) AS first_seen, max(event_time) AS last_seen
  FROM xray_events
  WHERE category = 'send'
    AND event_time >= $from AND event_time < $to
  GROUP BY 1, 2, 3, 4
), trail AS (
  SELECT max(event_time) AS ends FROM xray_events WHERE category = 'send' AND event_time >= $from AND event_time < $to
)
SELECT account, region, role, host, client, calls, first_seen, last_seen, date_diff('minute', last_seen, ends) AS silent_minutes
FROM hosts CROSS JOIN trail
WHERE calls >= $calls
  AND last_seen <= date_add('hour', -$hours, ends) AND last_seen >= date_add('day', -$days, ends)
ORDER BY calls DESC, silent_minutes, account, host
