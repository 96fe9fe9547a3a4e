/*
title = "Data events over time"
question = "How many data events does each service make in each stretch of time?"
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
SELECT date_trunc($unit, eventTime) AS time, eventSource AS event_source, count(*) AS events, count(errorCode) AS errors
FROM event_data_store
WHERE eventCategory = 'Data'
  AND eventTime >= $from AND eventTime < $to
  AND recipientAccountId LIKE $account
GROUP BY 1, 2
ORDER BY time, event_source
