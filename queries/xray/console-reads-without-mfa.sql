/*
title = "Traces read at the console without MFA"
question = "Which people read traces at the console without multi-factor authentication?"
techniques = ["T1078.004"]
chart = "bar"
*/
SELECT caller AS principal, count(*) AS reads, max(mfa) AS mfa, count(DISTINCT operation) AS operations,
  max_by(source_ip, ROW(event_time, coalesce(event_id, ''))) AS last_address, max(event_time) AS last_seen
FROM xray_events
WHERE console AND coalesce(read_only, true) AND NOT coalesce(mfa, false)
  AND event_time >= $from AND event_time < $to
GROUP BY 1
ORDER BY reads DESC, principal
