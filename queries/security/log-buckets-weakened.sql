/*
title = "Buckets of logs weakened"
question = "Who changed policy, lifecycle, logging, versioning or encryption of a bucket that holds logs?"
techniques = ["T1562.008"]

[parameters.bucket]
type = "varchar"
default = "log|trail|audit|config|flow"
about = "Regular expression of the names of such buckets, beside those that trails name themselves"
*/
WITH buckets AS (
  SELECT DISTINCT element_at(requestParameters, 's3BucketName') AS bucket
  FROM event_data_store
  WHERE eventSource = 'cloudtrail.amazonaws.com' AND eventName IN ('CreateTrail', 'UpdateTrail')
    AND eventTime >= $from AND eventTime < $to
)
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, element_at(requestParameters, 'bucketName') AS bucket,
  coalesce(regexp_extract(element_at(requestParameters, 'LifecycleConfiguration'), '"Days":(\d+)', 1), '') AS expires_after_days,
  json_format(CAST(map_filter(requestParameters, (k, v) -> v <> '' AND k NOT IN ('bucketName', 'Host')) AS json)) AS settings,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 's3.amazonaws.com'
  AND eventName IN ('PutBucketLifecycle', 'PutBucketLifecycleConfiguration', 'DeleteBucketLifecycle', 'PutBucketPolicy',
    'DeleteBucketPolicy', 'PutBucketLogging', 'PutBucketVersioning', 'PutBucketEncryption', 'DeleteBucketEncryption',
    'PutBucketAcl', 'DeleteBucket', 'PutObjectLockConfiguration', 'PutBucketObjectLockConfiguration',
    'PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock', 'PutBucketReplication')
  AND eventTime >= $from AND eventTime < $to
  AND (regexp_like(element_at(requestParameters, 'bucketName'), $bucket)
    OR element_at(requestParameters, 'bucketName') IN (SELECT bucket FROM buckets WHERE bucket IS NOT NULL))
ORDER BY event_time DESC
