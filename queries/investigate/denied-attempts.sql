/*
title = "What an identity tried in vain"
question = "Which calls of this identity failed, on what, and why?"

[parameters.principal]
type = "varchar"
about = "ARN of the identity; without one, the one that was denied most different calls"

[parameters.limit]
type = "bigint"
default = "500"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, awsRegion AS region, eventSource AS event_source, eventName AS event_name, errorCode AS error,
  errorMessage AS message, sourceIPAddress AS address, eventID AS event_id
FROM event_data_store
WHERE errorCode IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
  AND caller(userIdentity) = coalesce($principal, (
    SELECT caller(userIdentity) FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to AND (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
      AND coalesce(userIdentity.type, '') <> 'AWSService' AND caller(userIdentity) IS NOT NULL
    GROUP BY 1 ORDER BY count(DISTINCT eventName) DESC, count(*) DESC, 1 LIMIT 1))
ORDER BY event_time
LIMIT $limit
