/*
title = "An event and its neighbours"
question = "What happened around this event in the same account, a minute before and after?"

[parameters.event]
type = "varchar"
about = "Id of the event; without one, the newest call that was denied"

[parameters.seconds]
type = "bigint"
default = "60"
about = "Seconds before and after"

[parameters.same]
type = "boolean"
default = "false"
about = "Whether only events of the same identity, address or key count"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
WITH wanted AS (
  SELECT eventTime AS at, recipientAccountId AS account, eventID AS id, caller(userIdentity) AS who, sourceIPAddress AS address,
    userIdentity.accessKeyId AS key
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to
    AND (eventID = $event OR $event IS NULL AND (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
      AND userIdentity.type <> 'AWSService')
  ORDER BY eventTime DESC LIMIT 1
)
SELECT eventTime AS event_time, date_diff('second', at, eventTime) AS seconds, eventID = id AS this,
  caller(userIdentity) AS principal,
  sourceIPAddress AS source_address, eventSource AS event_source, eventName AS event_name, errorCode AS error, eventID AS event_id
FROM event_data_store JOIN wanted ON recipientAccountId = account
WHERE eventTime >= $from AND eventTime < $to
  AND eventTime BETWEEN date_add('second', -$seconds, at) AND date_add('second', $seconds, at)
  AND (NOT $same OR caller(userIdentity) = who OR sourceIPAddress = address OR userIdentity.accessKeyId = key)
ORDER BY event_time, event_id
LIMIT $limit
