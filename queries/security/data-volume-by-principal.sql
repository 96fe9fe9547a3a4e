/*
title = "Bytes out of buckets by principal"
question = "Who takes most bytes out of buckets?"
techniques = ["T1530"]
chart = "bar"

[parameters.bucket]
type = "varchar"
default = "%"
about = "Pattern of the bucket's name"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal(userIdentity) AS principal,
  round(sum(TRY_CAST(element_at(additionalEventData, 'bytesTransferredOut') AS double)) / 1e6, 1) AS megabytes, count(*) AS reads,
  count(DISTINCT element_at(requestParameters, 'bucketName')) AS buckets, count(DISTINCT sourceIPAddress) AS addresses,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 's3.amazonaws.com' AND eventName = 'GetObject' AND errorCode IS NULL
  AND eventTime >= $from AND eventTime < $to
  AND element_at(requestParameters, 'bucketName') LIKE $bucket
GROUP BY 1
ORDER BY megabytes DESC
LIMIT $limit
