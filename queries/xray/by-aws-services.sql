/*
title = "Requests by AWS services"
question = "Was a request made by another AWS service, and by which?"
*/
SELECT service IS NOT NULL AS by_service, service, identity_type, role AS principal, count(*) AS calls, count(error_code) AS errors,
  min(event_time) AS first_seen, max(event_time) AS last_seen
FROM (
  SELECT *, coalesce(invoked_by, IF(source_ip LIKE '%.amazonaws.com', source_ip)) AS service
  FROM xray_events
  WHERE event_time >= $from AND event_time < $to
)
GROUP BY 1, 2, 3, 4
ORDER BY by_service DESC, calls DESC, service, principal
