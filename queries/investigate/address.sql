/*
title = "What an address did"
question = "What was done from this address, in order, and by whom?"

[parameters.address]
type = "varchar"
about = "The address; without one, the one with most different calls that failed"

[parameters.limit]
type = "bigint"
default = "500"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal,
  eventSource AS event_source, eventName AS event_name, userAgent AS user_agent, errorCode AS error, eventID AS event_id
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND sourceIPAddress = coalesce($address, (
    SELECT sourceIPAddress FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to AND errorCode IS NOT NULL AND TRY_CAST(sourceIPAddress AS ipaddress) IS NOT NULL
    GROUP BY 1 ORDER BY count(DISTINCT eventName) DESC, count(*) DESC, 1 LIMIT 1))
ORDER BY event_time, event_id
LIMIT $limit
