/*
title = "Principals over time"
question = "How active are the busiest users and roles in each stretch of time?"
chart = "line"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source"

[parameters.principals]
type = "bigint"
default = "10"
about = "Number of principals to show"
*/
WITH calls AS (
  SELECT date_trunc($unit, eventTime) AS time,
    principal(userIdentity) AS principal, count(*) AS calls
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to
    AND eventSource LIKE $source AND caller(userIdentity) IS NOT NULL
  GROUP BY 1, 2
)
SELECT time, principal, calls
FROM calls
WHERE principal IN (SELECT principal FROM calls GROUP BY principal ORDER BY sum(calls) DESC LIMIT $principals)
ORDER BY time, calls DESC
