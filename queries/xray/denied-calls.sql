/*
title = "Denied X-Ray calls"
question = "Who lacks which permission, of X-Ray or of what X-Ray needs?"
chart = "bar"
*/
SELECT coalesce(regexp_extract(error_message, 'perform: ([A-Za-z0-9-]+:\w+)', 1), 'xray:' || operation) AS action, count(*) AS calls,
  role AS principal, invoked_by, min(event_time) AS first_seen, max(event_time) AS last_seen
FROM xray_events
WHERE denied
  AND event_time >= $from AND event_time < $to
GROUP BY 1, 3, 4
ORDER BY calls DESC, action, principal
