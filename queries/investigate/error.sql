/*
title = "The newest events with an error"
question = "Which calls ended with this error last, and what did AWS say?"

[parameters.error]
type = "varchar"
about = "Pattern of the error's code; without one, the most frequent"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, eventSource AS event_source,
  eventName AS event_name,
  errorCode AS error, errorMessage AS message, sourceIPAddress AS address, eventID AS event_id
FROM event_data_store
WHERE errorCode LIKE coalesce($error, (
    SELECT errorCode FROM event_data_store WHERE errorCode IS NOT NULL AND eventTime >= $from AND eventTime < $to GROUP BY 1
      ORDER BY count(*) DESC, 1 LIMIT 1))
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
LIMIT $limit
