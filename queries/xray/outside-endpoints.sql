/*
title = "Access from outside an endpoint"
question = "Who reaches X-Ray past the VPC endpoints, in accounts that have them?"
chart = "bar"
*/
WITH calls AS (
  SELECT * FROM xray_events WHERE event_time >= $from AND event_time < $to
), endpoints AS (
  SELECT account, count(DISTINCT vpc_endpoint) AS account_endpoints FROM calls WHERE vpc_endpoint IS NOT NULL GROUP BY 1
)
SELECT c.account, role AS principal, source_ip AS address, count(*) AS calls, count(DISTINCT operation) AS operations,
  min(event_time) AS first_seen, max(event_time) AS last_seen, account_endpoints
FROM calls AS c JOIN endpoints AS e ON c.account = e.account
WHERE vpc_endpoint IS NULL AND TRY_CAST(source_ip AS ipaddress) IS NOT NULL
GROUP BY c.account, role, source_ip, account_endpoints
ORDER BY calls DESC, account, principal, address
