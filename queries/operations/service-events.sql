/*
title = "What AWS does by itself"
question = "Which events did AWS services cause by themselves, such as rotated keys?"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region, eventSource AS event_source,
  eventName AS event_name,
  element_at(resources, 1).arn AS resource,
  json_format(CAST(coalesce(serviceEventDetails, additionalEventData) AS json)) AS details
FROM event_data_store
WHERE eventType = 'AwsServiceEvent'
  AND eventTime >= $from AND eventTime < $to
  AND eventSource LIKE $source
ORDER BY event_time DESC
LIMIT $limit
