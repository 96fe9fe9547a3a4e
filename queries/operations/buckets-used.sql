/*
title = "Buckets used"
question = "Which buckets are read and written most?"
chart = "bar"

[parameters.bucket]
type = "varchar"
default = "%"
about = "Pattern of the bucket's name"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT element_at(requestParameters, 'bucketName') AS bucket, count(*) AS calls, count_if(readOnly = false) AS writes,
  count(errorCode) AS errors,
  round(sum(TRY_CAST(element_at(additionalEventData, 'bytesTransferredOut') AS double)) / 1e6, 1) AS megabytes_out,
  round(sum(TRY_CAST(element_at(additionalEventData, 'bytesTransferredIn') AS double)) / 1e6, 1) AS megabytes_in,
  approx_distinct(caller(userIdentity)) AS callers, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 's3.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND element_at(requestParameters, 'bucketName') LIKE $bucket
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
