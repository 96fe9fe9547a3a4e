/*
title = "Who uses an address"
question = "Which identities and programs called from this address, and what for?"
chart = "bar"

[parameters.address]
type = "varchar"
about = "The address or the start of one with %; without one, the one with most different calls that failed"
*/
SELECT caller(userIdentity) AS principal, count(*) AS calls,
  userAgent AS user_agent, count(DISTINCT eventSource) AS services,
  count_if(readOnly = false) AS writes, count(errorCode) AS errors, arbitrary(vpcEndpointId) AS endpoint,
  min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND sourceIPAddress LIKE coalesce($address, (
    SELECT sourceIPAddress FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to AND errorCode IS NOT NULL AND TRY_CAST(sourceIPAddress AS ipaddress) IS NOT NULL
    GROUP BY 1 ORDER BY count(DISTINCT eventName) DESC, count(*) DESC, 1 LIMIT 1))
GROUP BY 1, 3
ORDER BY calls DESC
