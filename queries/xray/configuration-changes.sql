/*
title = "Changes of X-Ray's configuration"
question = "Who altered trace destination, indexing, groups, sampling, encryption or policies of X-Ray?"

[parameters.event]
type = "varchar"
default = "%"
about = "Pattern of the event's name"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN or of its name"
*/
SELECT event_time, account, region, caller AS principal, operation AS event_name, console, error_code AS error,
  json_format(CAST(request AS json)) AS request, event_id
FROM xray_events
WHERE category = 'configure'
  AND event_time >= $from AND event_time < $to
  AND coalesce(operation, '') LIKE $event AND (coalesce(caller, '') LIKE $principal OR caller LIKE '%/' || $principal)
ORDER BY event_time DESC, event_id DESC
