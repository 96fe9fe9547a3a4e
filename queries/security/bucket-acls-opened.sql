/*
title = "Access lists that open a bucket or object"
question = "Which access control lists grant something to everyone or to every AWS user?"
techniques = ["T1530"]

[parameters.bucket]
type = "varchar"
default = "%"
about = "Pattern of the bucket's name"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, element_at(requestParameters, 'bucketName') AS bucket, element_at(requestParameters, 'key') AS key,
  coalesce(element_at(requestParameters, 'x-amz-acl'), element_at(requestParameters, 'accessControlList'),
    element_at(requestParameters, 'AccessControlPolicy')) AS grants,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 's3.amazonaws.com'
  AND eventName IN ('PutBucketAcl', 'PutObjectAcl', 'CreateBucket', 'PutObject', 'CopyObject', 'CreateMultipartUpload')
  AND eventTime >= $from AND eventTime < $to
  AND (regexp_like(element_at(requestParameters, 'AccessControlPolicy'), 'groups/global/(AllUsers|AuthenticatedUsers)')
    OR regexp_like(element_at(requestParameters, 'accessControlList'),
      'groups/global/(AllUsers|AuthenticatedUsers)|public-read|authenticated-read')
    OR regexp_like(element_at(requestParameters, 'x-amz-acl'), '^public-read|^authenticated-read'))
  AND element_at(requestParameters, 'bucketName') LIKE $bucket
ORDER BY event_time DESC
