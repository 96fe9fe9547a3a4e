/*
title = "Insights events"
question = "Which Insights events are in the store, of which kind and about what?"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  element_at(insightDetails, 'insightType') AS insight_type,
  element_at(insightDetails, 'state') AS state, element_at(insightDetails, 'eventSource') AS event_source,
  element_at(insightDetails, 'eventName') AS event_name, element_at(insightDetails, 'insightContext') AS context
FROM event_data_store
WHERE eventCategory = 'Insight'
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
LIMIT $limit
