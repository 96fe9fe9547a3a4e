/*
title = "The history of a bucket"
question = "Who made, changed and looked at the settings of this bucket, in order?"

[parameters.bucket]
type = "varchar"
about = "Name of the bucket; without one, the one whose settings were changed last"

[parameters.writes]
type = "boolean"
default = "true"
about = "Whether only changes count"

[parameters.limit]
type = "bigint"
default = "500"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, element_at(requestParameters, 'bucketName') AS bucket, eventName AS event_name,
  caller(userIdentity) AS principal,
  sourceIPAddress AS address,
  json_format(CAST(map_filter(requestParameters, (k, v) -> v <> '' AND k NOT IN ('bucketName', 'Host')) AS json)) AS settings,
  errorCode AS error, eventID AS event_id
FROM event_data_store
WHERE eventSource = 's3.amazonaws.com' AND managementEvent
  AND eventTime >= $from AND eventTime < $to
  AND (NOT $writes OR readOnly = false)
  AND element_at(requestParameters, 'bucketName') = coalesce($bucket, (
    SELECT max_by(element_at(requestParameters, 'bucketName'), eventTime) FROM event_data_store
    WHERE eventSource = 's3.amazonaws.com' AND managementEvent AND readOnly = false AND eventTime >= $from AND eventTime < $to))
ORDER BY event_time
LIMIT $limit
