/*
title = "Who touched a secret"
question = "Who read, wrote and changed this secret, in order?"

[parameters.secret]
type = "varchar"
about = "ARN or name of the secret, whole or in part; without one, the one read most"

[parameters.limit]
type = "bigint"
default = "500"
about = "Most rows to show"
*/
SELECT eventTime AS event_time,
  coalesce(element_at(requestParameters, 'secretId'), element_at(requestParameters, 'name')) AS secret, eventName AS event_name,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  userAgent AS user_agent, errorCode AS error, eventID AS event_id
FROM event_data_store
WHERE eventSource = 'secretsmanager.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND strpos(coalesce(element_at(requestParameters, 'secretId'), element_at(requestParameters, 'name'), element_at(responseElements, 'arn')),
    coalesce($secret, (
    SELECT element_at(requestParameters, 'secretId') FROM event_data_store
    WHERE eventSource = 'secretsmanager.amazonaws.com' AND eventName = 'GetSecretValue'
      AND element_at(requestParameters, 'secretId') IS NOT NULL AND eventTime >= $from AND eventTime < $to
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1))) > 0
ORDER BY event_time
LIMIT $limit
