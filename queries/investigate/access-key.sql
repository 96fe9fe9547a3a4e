/*
title = "What an access key did"
question = "What was done with this access key, in order?"

[parameters.key]
type = "varchar"
about = "Id of the access key; without one, the long-lived key with most different calls"

[parameters.limit]
type = "bigint"
default = "500"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, awsRegion AS region, caller(userIdentity) AS principal, eventSource AS event_source,
  eventName AS event_name,
  element_at(resources, 1).arn AS resource, sourceIPAddress AS address, errorCode AS error, eventID AS event_id
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND userIdentity.accessKeyId = coalesce($key, (
    SELECT userIdentity.accessKeyId FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to AND userIdentity.accessKeyId LIKE 'AKIA%'
    GROUP BY 1 ORDER BY approx_distinct(eventName) DESC, 1 LIMIT 1))
ORDER BY event_time, event_id
LIMIT $limit
