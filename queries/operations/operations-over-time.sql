/*
title = "Operations over time"
question = "How often are the most used operations called in each stretch of time?"
chart = "line"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"

[parameters.category]
type = "varchar"
default = "%"
about = "Management, Data, NetworkActivity or a pattern"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source"

[parameters.operations]
type = "bigint"
default = "10"
about = "Number of operations to show"
*/
WITH calls AS (
  SELECT date_trunc($unit, eventTime) AS time, eventName AS event_name, count(*) AS calls
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to
    AND coalesce(eventCategory, '') LIKE $category AND eventSource LIKE $source
  GROUP BY 1, 2
)
SELECT time, event_name, calls
FROM calls
WHERE event_name IN (SELECT event_name FROM calls GROUP BY event_name ORDER BY sum(calls) DESC LIMIT $operations)
ORDER BY time, calls DESC
