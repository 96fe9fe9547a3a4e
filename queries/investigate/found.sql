/*
title = "Where an event was found"
question = "In which file and at which place of it does this event stand, when was that delivered, and which import read it?"

[parameters.event]
type = "varchar"
about = "Id of the event; without one, the newest calls that were denied"

[parameters.limit]
type = "bigint"
default = "20"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, eventSource AS event_source, eventName AS event_name, "$source" AS source,
  "$position" AS position, "$delivered" AS delivered, "$import" AS import, eventJsonChecksum AS checksum, eventID AS event_id
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND (eventID = $event OR $event IS NULL AND (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
    AND userIdentity.type <> 'AWSService')
ORDER BY event_time DESC, event_id, source, position
LIMIT $limit
