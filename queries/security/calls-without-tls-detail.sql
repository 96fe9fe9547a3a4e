/*
title = "Calls without detail of TLS"
question = "Which calls from outside AWS tell no version of TLS?"
chart = "bar"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventSource AS event_source, count(*) AS calls, eventName AS event_name,
  arbitrary(caller(userIdentity)) AS a_principal,
  count(DISTINCT sourceIPAddress) AS addresses, arbitrary(userAgent) AS user_agent, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND tlsDetails.tlsVersion IS NULL AND userIdentity.invokedBy IS NULL
  AND eventType = 'AwsApiCall' AND TRY_CAST(sourceIPAddress AS ipaddress) IS NOT NULL
GROUP BY 1, 3
ORDER BY calls DESC
LIMIT $limit
