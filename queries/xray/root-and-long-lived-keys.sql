/*
title = "Root and long-lived keys at X-Ray"
question = "Who calls X-Ray as root, as an IAM user or with a long-lived access key?"
techniques = ["T1078.004"]
chart = "bar"
*/
SELECT caller AS principal, count(*) AS calls, identity_type, access_key, count(DISTINCT operation) AS operations,
  count_if(NOT coalesce(read_only, false)) AS writes, max(event_time) AS last_seen
FROM xray_events
WHERE event_time >= $from AND event_time < $to
  AND (identity_type IN ('Root', 'IAMUser') OR access_key LIKE 'AKIA%')
GROUP BY 1, 3, 4
ORDER BY identity_type = 'Root' DESC, calls DESC, principal, access_key
