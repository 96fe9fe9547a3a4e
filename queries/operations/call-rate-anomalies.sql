/*
title = "Unusual rates of calls"
question = "Which operations were called far more often in an hour than they usually are?"

[parameters.factor]
type = "double"
default = "5"
about = "How many times the usual rate"

[parameters.calls]
type = "bigint"
default = "20"
about = "Least number of calls in the hour"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT hour, event_source, event_name, calls, round(usual, 2) AS usual_calls, round(calls / usual, 1) AS times_usual
FROM (
  SELECT *, (sum(calls) OVER (PARTITION BY event_source, event_name) - calls) * 1e0 / greatest(hours - 1, 1) AS usual
  FROM (
    SELECT date_trunc('hour', eventTime) AS hour, eventSource AS event_source, eventName AS event_name, count(*) AS calls
    FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to
      AND eventSource LIKE $source
    GROUP BY 1, 2, 3
  ) CROSS JOIN (
    SELECT count(DISTINCT date_trunc('hour', eventTime)) AS hours FROM event_data_store WHERE eventTime >= $from
      AND eventTime < $to)
)
WHERE calls >= $calls AND usual > 0 AND calls / usual >= $factor
ORDER BY times_usual DESC
LIMIT $limit
