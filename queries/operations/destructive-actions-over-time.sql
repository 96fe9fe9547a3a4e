/*
title = "Destructive actions over time"
question = "How much is deleted in each stretch of time, and in which service?"
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
SELECT date_trunc($unit, eventTime) AS time, eventSource AS event_source, count(*) AS actions, count(errorCode) AS errors
FROM event_data_store
WHERE readOnly = false
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(eventName,
    '^(Delete|Terminate|Remove|Detach|Disable|Deregister|Stop|Revoke|Purge|Destroy|Cancel|Disassociate|ScheduleKeyDeletion)')
  AND recipientAccountId LIKE $account
GROUP BY 1, 2
ORDER BY time, event_source
