/*
title = "Events over time"
question = "How many events are there in each stretch of time?"
chart = "sparkline"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT date_trunc($unit, eventTime) AS time, count(*) AS events
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND recipientAccountId LIKE $account
GROUP BY 1
ORDER BY time
