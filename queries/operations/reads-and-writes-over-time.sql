/*
title = "Reads and writes over time"
question = "How much is read and how much is written in each stretch of time?"
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
  CASE WHEN readOnly THEN 'read' WHEN readOnly = false THEN 'write' ELSE 'not told' END AS kind, count(*) AS calls
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND recipientAccountId LIKE $account
GROUP BY 1, 2
ORDER BY time, kind
