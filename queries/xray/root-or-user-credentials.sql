/*
title = "Root and user credentials"
question = "Was a request made with credentials of the root user or of an IAM user?"
*/
SELECT CASE identity_type WHEN 'Root' THEN 'root' WHEN 'IAMUser' THEN 'user' ELSE 'neither' END AS credentials, identity_type,
  caller AS principal, count(DISTINCT access_key) AS access_keys, count(*) AS calls, count_if(NOT coalesce(read_only, false)) AS writes,
  min(event_time) AS first_seen, max(event_time) AS last_seen
FROM xray_events
WHERE event_time >= $from AND event_time < $to
GROUP BY 1, 2, 3
ORDER BY credentials = 'neither', calls DESC, principal
