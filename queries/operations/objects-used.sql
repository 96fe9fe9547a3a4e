/*
title = "Objects used"
question = "Which objects are accessed most, and by how many?"
chart = "bar"

[parameters.bucket]
type = "varchar"
default = "%"
about = "Pattern of the bucket's name"

[parameters.event]
type = "varchar"
default = "%"
about = "Pattern of the event's name"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT element_at(requestParameters, 'bucketName') || '/' || element_at(requestParameters, 'key') AS object, count(*) AS calls,
  count_if(readOnly = false) AS writes, count(errorCode) AS errors,
  max_by(caller(userIdentity), eventTime) AS last_caller,
  max_by(eventName, eventTime) AS last_event_name, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 's3.amazonaws.com' AND eventCategory = 'Data'
  AND eventTime >= $from AND eventTime < $to
  AND element_at(requestParameters, 'bucketName') LIKE $bucket AND eventName LIKE $event
  AND element_at(requestParameters, 'key') IS NOT NULL
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
