/*
title = "Errors by message"
question = "Which messages come with errors, when names and ids are taken out of them?"
chart = "bar"

[parameters.error]
type = "varchar"
default = "%"
about = "Pattern of the error's code"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT regexp_replace(regexp_replace(regexp_replace(errorMessage, ' Encoded authorization failure message: .*'), 'arn:aws[^\s,"]*', '<arn>'),
  '\b[0-9a-f]{8,}\b|\b\d{3,}\b|\b(i|vpc|sg|subnet|rtb|igw|eni|vol|snap|ami)-[0-9a-z]+', '<id>') AS message,
  count(*) AS errors, errorCode AS error, count(DISTINCT eventSource) AS services,
  max_by(eventName, eventTime) AS last_event_name, max(eventTime) AS last_seen
FROM event_data_store
WHERE errorCode IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
  AND errorCode LIKE $error
GROUP BY 1, 3
ORDER BY errors DESC
LIMIT $limit
