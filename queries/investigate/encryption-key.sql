/*
title = "Who used an encryption key"
question = "Who used or changed this encryption key, and for what?"

[parameters.key]
type = "varchar"
about = "ARN or id of the key, whole or in part; without one, the one used most"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT max(element_at(resources, 1).arn) AS key_id, eventName AS event_name,
  caller(userIdentity) AS principal, count(*) AS calls,
  count(errorCode) AS errors,
  max_by(element_at(requestParameters, 'encryptionContext'), eventTime) AS last_context, min(eventTime) AS first_seen,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'kms.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND strpos(coalesce(element_at(resources, 1).arn, element_at(requestParameters, 'keyId')), coalesce($key, (
    SELECT element_at(resources, 1).arn FROM event_data_store
    WHERE eventSource = 'kms.amazonaws.com' AND element_at(resources, 1).arn IS NOT NULL AND eventTime >= $from
      AND eventTime < $to
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1))) > 0
GROUP BY 2, 3
ORDER BY calls DESC
LIMIT $limit
