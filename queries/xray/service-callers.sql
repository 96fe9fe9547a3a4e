/*
title = "AWS services that call X-Ray"
question = "Which AWS services call X-Ray on our behalf?"
chart = "bar"
*/
SELECT coalesce(invoked_by, source_ip) AS service, count(*) AS calls, operation AS event_name, count(error_code) AS errors,
  count(DISTINCT account) AS accounts, max(event_time) AS last_seen
FROM xray_events
WHERE (invoked_by IS NOT NULL OR source_ip LIKE '%.amazonaws.com')
  AND event_time >= $from AND event_time < $to
GROUP BY 1, 3
ORDER BY calls DESC, service, event_name
