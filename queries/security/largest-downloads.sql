/*
title = "Largest downloads"
question = "Which objects were downloaded that are larger than usual, and by whom?"
techniques = ["T1530"]

[parameters.megabytes]
type = "double"
default = "1"
about = "Least size in megabytes"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  element_at(requestParameters, 'bucketName') AS bucket, element_at(requestParameters, 'key') AS key,
  round(TRY_CAST(element_at(additionalEventData, 'bytesTransferredOut') AS double) / 1e6, 1) AS megabytes, userAgent AS user_agent
FROM event_data_store
WHERE eventSource = 's3.amazonaws.com' AND eventName = 'GetObject' AND errorCode IS NULL
  AND eventTime >= $from AND eventTime < $to
  AND TRY_CAST(element_at(additionalEventData, 'bytesTransferredOut') AS double) >= $megabytes * 1e6
ORDER BY megabytes DESC
LIMIT $limit
