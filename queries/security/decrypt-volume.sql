/*
title = "Decryption by principal"
question = "Who decrypts most, with how many keys, and through which services?"
chart = "bar"

[parameters.key]
type = "varchar"
default = "%"
about = "Pattern of the key's ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal(userIdentity) AS principal,
  count(*) AS calls, count(DISTINCT element_at(resources, 1).arn) AS keys,
  count_if(userIdentity.invokedBy IS NULL) AS direct_calls,
  count_if(errorCode IS NOT NULL) AS errors,
  max_by(element_at(requestParameters, 'encryptionContext'), eventTime) AS last_context, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'kms.amazonaws.com' AND eventName IN ('Decrypt', 'ReEncrypt')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(element_at(resources, 1).arn, '') LIKE $key
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
