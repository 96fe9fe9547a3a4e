/*
title = "The history of a resource"
question = "What happened to this resource, in order?"

[parameters.resource]
type = "varchar"
about = "Id, name or ARN of the resource, whole or in part; without one, the newest that was changed"

[parameters.writes]
type = "boolean"
default = "true"
about = "Whether only changes count"

[parameters.limit]
type = "bigint"
default = "500"
about = "Most rows to show"
*/
WITH wanted AS (
  SELECT coalesce($resource, (
    SELECT regexp_extract(max_by(element_at(resources, 1).arn, eventTime), '[^:/]+$') FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to AND readOnly = false AND managementEvent
      AND element_at(resources, 1).arn IS NOT NULL),
    (SELECT max_by(element_at(map_values(requestParameters), 1), eventTime) FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to AND readOnly = false AND managementEvent
      AND requestParameters IS NOT NULL)) AS name
)
SELECT eventTime AS event_time, name AS resource, awsRegion AS region,
  caller(userIdentity) AS principal, eventSource AS event_source,
  eventName AS event_name, sourceIPAddress AS address, errorCode AS error, eventID AS event_id
FROM event_data_store CROSS JOIN wanted
WHERE eventTime >= $from AND eventTime < $to
  AND managementEvent AND (NOT $writes OR readOnly = false)
  AND (any_match(resources, r -> strpos(r.arn, name) > 0)
    OR any_match(map_values(requestParameters), v -> strpos(v, name) > 0)
    OR any_match(map_values(responseElements), v -> strpos(v, name) > 0))
ORDER BY event_time, event_id
LIMIT $limit
