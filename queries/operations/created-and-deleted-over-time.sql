/*
title = "Created and deleted over time"
question = "How many resources are created and deleted in each stretch of time?"
chart = "line"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT date_trunc($unit, eventTime) AS time,
  IF(regexp_like(eventName, '^(Create|Run|Launch|Register|Allocate|Import)'), 'created', 'deleted') AS kind, count(*) AS calls
FROM event_data_store
WHERE readOnly = false AND errorCode IS NULL AND managementEvent
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(eventName, '^(Create|Run|Launch|Register|Allocate|Import|Delete|Terminate|Deregister|Release)')
  AND recipientAccountId LIKE $account
GROUP BY 1, 2
ORDER BY time, kind
