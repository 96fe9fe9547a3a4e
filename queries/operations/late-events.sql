/*
title = "Late and corrected events"
question = "Which events were delivered late or corrected later, and why?"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region, eventSource AS event_source,
  eventName AS event_name,
  element_at(addendum, 'reason') AS reason, element_at(addendum, 'updatedFields') AS updated_fields,
  element_at(addendum, 'originalEventID') AS original_event_id, eventID AS event_id
FROM event_data_store
WHERE addendum IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
LIMIT $limit
