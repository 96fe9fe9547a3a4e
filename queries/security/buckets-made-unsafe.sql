/*
title = "Versioning, replication and locks of buckets"
question = "Which buckets were deleted, lost versioning, encryption or object lock, or send copies to another account?"
techniques = ["T1490", "T1537"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, element_at(requestParameters, 'bucketName') AS bucket,
  nullif(regexp_extract(element_at(requestParameters, 'ReplicationConfiguration'), '"Account":"?(\d{12})', 1),
    recipientAccountId) AS to_account,
  coalesce(element_at(requestParameters, 'ReplicationConfiguration'), element_at(requestParameters, 'VersioningConfiguration'),
    element_at(requestParameters, 'ObjectLockConfiguration')) AS settings,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 's3.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND (eventName IN ('PutBucketReplication', 'DeleteBucketEncryption', 'PutObjectLockConfiguration', 'PutBucketObjectLockConfiguration', 'DeleteBucket')
    OR eventName = 'PutBucketVersioning' AND element_at(requestParameters, 'VersioningConfiguration') LIKE '%Suspended%')
ORDER BY event_time DESC
