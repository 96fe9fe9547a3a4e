/*
title = "Success and failure over time"
question = "How many calls succeed and how many fail in each stretch of time?"
chart = "line"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source, such as lambda.amazonaws.com"

[parameters.category]
type = "varchar"
default = "%"
about = "Management, Data, NetworkActivity or a pattern"
*/
SELECT date_trunc($unit, eventTime) AS time, IF(errorCode IS NULL, 'success', 'failure') AS outcome, count(*) AS calls
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND eventSource LIKE $source AND coalesce(eventCategory, '') LIKE $category
GROUP BY 1, 2
ORDER BY time, outcome
