/*
title = "Changes of access to buckets"
question = "Who changed policies, access lists, ownership or sharing of buckets?"

[parameters.bucket]
type = "varchar"
default = "%"
about = "Pattern of the bucket's name"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, element_at(requestParameters, 'bucketName') AS bucket,
  json_format(CAST(map_filter(requestParameters, (k, v) -> v <> '' AND k NOT IN ('bucketName', 'Host')) AS json)) AS settings,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 's3.amazonaws.com'
  AND eventName IN ('PutBucketPolicy', 'DeleteBucketPolicy', 'PutBucketAcl', 'PutBucketPublicAccessBlock',
    'DeleteBucketPublicAccessBlock', 'PutAccountPublicAccessBlock', 'DeleteAccountPublicAccessBlock',
    'PutBucketOwnershipControls', 'DeleteBucketOwnershipControls', 'PutBucketWebsite', 'PutBucketCors', 'PutAccessPointPolicy',
    'DeleteAccessPointPolicy', 'CreateAccessPoint')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(element_at(requestParameters, 'bucketName'), '') LIKE $bucket
ORDER BY event_time DESC
LIMIT $limit
