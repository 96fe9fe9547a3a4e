/*
title = "Addresses from outside"
question = "From which public addresses do most calls come?"
chart = "bar"
*/
SELECT sourceIPAddress AS address, count(*) AS events, count(errorCode) AS errors, count(DISTINCT principal(userIdentity)) AS principals, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND TRY_CAST(sourceIPAddress AS ipaddress) IS NOT NULL
  AND NOT regexp_like(sourceIPAddress, '^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|127\.|f[cd]|fe80)')
GROUP BY sourceIPAddress
ORDER BY events DESC, address
LIMIT 10
