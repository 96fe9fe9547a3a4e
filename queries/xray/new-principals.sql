/*
title = "New principals at X-Ray"
question = "Which principals called X-Ray for the first time in the last days of the trail?"
techniques = ["T1078.004"]

[parameters.days]
type = "bigint"
default = "1"
about = "Days before the newest event that count as new"
*/
SELECT role AS principal, min(event_time) AS first_seen, min_by(operation, ROW(event_time, coalesce(event_id, ''))) AS first_call,
  count(*) AS calls, count(DISTINCT operation) AS operations, count(DISTINCT source_ip) AS addresses,
  max(caller_account <> account) AS foreign_account
FROM xray_events
WHERE event_time >= $from AND event_time < $to
GROUP BY 1
HAVING min(event_time) >= date_add('day', -$days, (SELECT max(event_time) FROM xray_events WHERE event_time >= $from AND event_time < $to))
ORDER BY first_seen DESC, principal
