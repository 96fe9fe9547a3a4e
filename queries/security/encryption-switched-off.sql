/*
title = "Encryption switched off"
question = "Who switched off default encryption, or took a customer's key away?"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventSource AS event_source, eventName AS event_name, json_format(CAST(requestParameters AS json)) AS request,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('ec2.amazonaws.com', 's3.amazonaws.com', 'xray.amazonaws.com', 'logs.amazonaws.com', 'sqs.amazonaws.com',
  'sns.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND (eventName IN ('DisableEbsEncryptionByDefault', 'ResetEbsDefaultKmsKeyId', 'DeleteBucketEncryption', 'DisassociateKmsKey')
    OR eventSource = 'xray.amazonaws.com' AND eventName = 'PutEncryptionConfig' AND element_at(requestParameters, 'type') = 'NONE'
    OR eventName = 'SetTopicAttributes' AND element_at(requestParameters, 'attributeName') = 'KmsMasterKeyId'
      AND coalesce(element_at(requestParameters, 'attributeValue'), '') = '')
ORDER BY event_time DESC
