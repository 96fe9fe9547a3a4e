/*
title = "Objects encrypted with a foreign key"
question = "Which objects were written with a key of another account or with a key of the caller's own, as ransomware does?"
techniques = ["T1486"]

[parameters.bucket]
type = "varchar"
default = "%"
about = "Pattern of the bucket's name"
*/
WITH writes AS (
  SELECT eventTime AS event_time, recipientAccountId AS account,
    caller(userIdentity) AS principal, sourceIPAddress AS address,
    eventName AS event_name,
    element_at(requestParameters, 'bucketName') AS bucket, element_at(requestParameters, 'key') AS key,
    coalesce(element_at(requestParameters, 'x-amz-server-side-encryption-aws-kms-key-id'),
      element_at(responseElements, 'x-amz-server-side-encryption-aws-kms-key-id')) AS kms_key,
    coalesce(element_at(requestParameters, 'x-amz-server-side-encryption-customer-algorithm'),
      IF(element_at(additionalEventData, 'SSEApplied') = 'SSE_C', 'SSE-C')) AS customer_key
  FROM event_data_store
  WHERE eventSource = 's3.amazonaws.com'
    AND eventName IN ('PutObject', 'CopyObject', 'CreateMultipartUpload', 'PutBucketEncryption')
    AND eventTime >= $from AND eventTime < $to
)
SELECT event_time, account, principal, address, event_name, bucket, key, coalesce(kms_key, customer_key) AS encryption_key
FROM writes
WHERE bucket LIKE $bucket
  AND (customer_key IS NOT NULL OR regexp_extract(kms_key, '^arn:aws[a-z-]*:kms:[^:]*:(\d{12}):', 1) <> account)
ORDER BY event_time DESC
