/*
title = "Objects read in bulk"
question = "Who read very many objects of a bucket within an hour?"
techniques = ["T1530"]

[parameters.objects]
type = "bigint"
default = "50"
about = "Least number of reads in the hour"

[parameters.bucket]
type = "varchar"
default = "%"
about = "Pattern of the bucket's name"
*/
SELECT date_trunc('hour', eventTime) AS hour,
  caller(userIdentity) AS principal,
  element_at(requestParameters, 'bucketName') AS bucket,
  count(*) AS reads,
  round(sum(TRY_CAST(element_at(additionalEventData, 'bytesTransferredOut') AS double)) / 1e6, 1) AS megabytes,
  max(sourceIPAddress) AS address, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 's3.amazonaws.com' AND eventName = 'GetObject' AND eventCategory = 'Data' AND errorCode IS NULL
  AND eventTime >= $from AND eventTime < $to
  AND element_at(requestParameters, 'bucketName') LIKE $bucket
GROUP BY 1, 2, 3
HAVING count(*) >= $objects
ORDER BY reads DESC
