/*
title = "Destructive actions"
question = "Who deletes, terminates, disables or detaches most?"
chart = "bar"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal(userIdentity) AS principal,
  count(*) AS actions, count(DISTINCT eventName) AS operations, count(DISTINCT eventSource) AS services,
  count(errorCode) AS errors,
  max_by(eventName, eventTime) AS last_event_name, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE readOnly = false
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(eventName,
    '^(Delete|Terminate|Remove|Detach|Disable|Deregister|Stop|Revoke|Purge|Destroy|Cancel|Disassociate|ScheduleKeyDeletion)')
  AND coalesce(caller(userIdentity), '') LIKE $principal
GROUP BY 1
ORDER BY actions DESC
LIMIT $limit
