/*
title = "Blocks of public access removed"
question = "Who removed or loosened a block of public access, of a bucket, an account, images or snapshots?"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'bucketName'), element_at(requestParameters, 'accountId'),
    recipientAccountId) AS subject,
  coalesce(element_at(requestParameters, 'PublicAccessBlockConfiguration'),
    element_at(requestParameters, 'publicAccessBlockConfiguration'),
    element_at(requestParameters, 'blockPublicAccessConfiguration')) AS settings,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('s3.amazonaws.com', 's3-outposts.amazonaws.com', 'ec2.amazonaws.com', 'elasticmapreduce.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND (eventName IN ('DeleteBucketPublicAccessBlock', 'DeletePublicAccessBlock', 'DeleteAccountPublicAccessBlock',
      'DisableImageBlockPublicAccess', 'DisableSnapshotBlockPublicAccess')
    OR eventName IN ('PutBucketPublicAccessBlock', 'PutPublicAccessBlock', 'PutAccountPublicAccessBlock')
      AND regexp_like(coalesce(element_at(requestParameters, 'PublicAccessBlockConfiguration'),
        element_at(requestParameters, 'publicAccessBlockConfiguration')), ':"?false')
    OR eventName = 'PutBlockPublicAccessConfiguration')
ORDER BY event_time DESC
