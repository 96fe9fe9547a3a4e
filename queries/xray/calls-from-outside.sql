/*
title = "X-Ray calls from outside"
question = "Which X-Ray calls come from addresses outside our networks?"
chart = "bar"

[parameters.networks]
type = "varchar"
default = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,203.0.113.0/24"
about = "Our own networks, with commas between"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT address, sum(calls) AS calls, principal, count(*) AS operations, min(first_seen) AS first_seen, max(last_seen) AS last_seen
FROM (
  SELECT source_ip AS address, role AS principal, operation, count(*) AS calls,
    min(event_time) AS first_seen, max(event_time) AS last_seen
  FROM xray_events
  WHERE event_time >= $from AND event_time < $to
  GROUP BY 1, 2, 3
)
WHERE TRY_CAST(address AS ipaddress) IS NOT NULL
  AND none_match(split($networks, ','), network -> contains(trim(network), TRY_CAST(address AS ipaddress)))
GROUP BY address, principal
ORDER BY calls DESC, address, principal
LIMIT $limit
