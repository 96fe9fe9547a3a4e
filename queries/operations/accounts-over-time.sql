/*
title = "Accounts over time"
question = "How active is each account in each stretch of time?"
chart = "line"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"

[parameters.category]
type = "varchar"
default = "Management"
about = "Management, Data, NetworkActivity or a pattern"
*/
SELECT date_trunc($unit, eventTime) AS time, recipientAccountId AS account, count(*) AS calls, count(errorCode) AS errors
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND coalesce(eventCategory, 'Management') LIKE $category
GROUP BY 1, 2
ORDER BY time, account
