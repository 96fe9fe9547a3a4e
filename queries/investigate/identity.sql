/*
title = "What an identity did"
question = "What did this user, role session or root do, in order?"

[parameters.principal]
type = "varchar"
about = "ARN of the identity; without one, the one that changed most"

[parameters.writes]
type = "boolean"
default = "false"
about = "Whether only changes count"

[parameters.limit]
type = "bigint"
default = "500"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, awsRegion AS region, eventSource AS event_source, eventName AS event_name,
  element_at(resources, 1).arn AS resource, sourceIPAddress AS address, userIdentity.accessKeyId AS access_key,
  errorCode AS error, eventID AS event_id
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND caller(userIdentity) = coalesce($principal, (
    SELECT caller(userIdentity) FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to AND readOnly = false AND managementEvent
      AND coalesce(userIdentity.type, '') <> 'AWSService' AND caller(userIdentity) IS NOT NULL
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1))
  AND (NOT $writes OR readOnly = false)
ORDER BY event_time, event_id
LIMIT $limit
