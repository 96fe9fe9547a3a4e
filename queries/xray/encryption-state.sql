/*
title = "Encryption of traces today"
question = "How are the traces of each account and region encrypted now?"
*/
SELECT recipientAccountId AS account, awsRegion AS region,
  max_by(element_at(requestParameters, 'type'), eventTime) AS encryption,
  max_by(element_at(requestParameters, 'keyId'), eventTime) AS key_id,
  max(eventTime) AS since, max_by(userIdentity.arn, eventTime) AS set_by, count(*) AS changes
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutEncryptionConfig' AND errorCode IS NULL
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 2
ORDER BY since DESC
