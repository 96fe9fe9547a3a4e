/*
title = "The history of an object"
question = "Who wrote, read and deleted this object, in order?"

[parameters.object]
type = "varchar"
about = "Bucket, a slash and the key; without one, the object used most"

[parameters.limit]
type = "bigint"
default = "500"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, element_at(requestParameters, 'bucketName') AS bucket,
  element_at(requestParameters, 'key') AS key, eventName AS event_name,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  round(TRY_CAST(coalesce(nullif(element_at(additionalEventData, 'bytesTransferredOut'), '0'), element_at(additionalEventData, 'bytesTransferredIn')) AS double) / 1e6,
    3) AS megabytes,
  errorCode AS error, eventID AS event_id
FROM event_data_store
WHERE eventSource = 's3.amazonaws.com' AND eventCategory = 'Data'
  AND eventTime >= $from AND eventTime < $to
  AND element_at(requestParameters, 'bucketName') || '/' || element_at(requestParameters, 'key') = coalesce($object, (
    SELECT element_at(requestParameters, 'bucketName') || '/' || element_at(requestParameters, 'key') FROM event_data_store
    WHERE eventSource = 's3.amazonaws.com' AND eventCategory = 'Data' AND element_at(requestParameters, 'key') IS NOT NULL
      AND eventTime >= $from AND eventTime < $to
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1))
ORDER BY event_time
LIMIT $limit
