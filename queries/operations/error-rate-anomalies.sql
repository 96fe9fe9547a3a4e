/*
title = "Unusual rates of errors"
question = "Which errors came far more often in an hour than they usually do?"

[parameters.factor]
type = "double"
default = "5"
about = "How many times the usual rate"

[parameters.errors]
type = "bigint"
default = "5"
about = "Least number of errors in the hour"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT hour, event_source, event_name, error, errors, round(usual, 3) AS usual_errors,
  round(errors / nullif(usual, 0), 1) AS times_usual
FROM (
  SELECT *, (sum(errors) OVER (PARTITION BY event_source, event_name, error) - errors) * 1e0 / greatest(hours - 1, 1) AS usual
  FROM (
    SELECT date_trunc('hour', eventTime) AS hour, eventSource AS event_source, eventName AS event_name, errorCode AS error,
      count(*) AS errors
    FROM event_data_store
    WHERE errorCode IS NOT NULL
      AND eventTime >= $from AND eventTime < $to
    GROUP BY 1, 2, 3, 4
  ) CROSS JOIN (
    SELECT count(DISTINCT date_trunc('hour', eventTime)) AS hours FROM event_data_store WHERE eventTime >= $from
      AND eventTime < $to)
)
WHERE errors >= $errors AND errors >= usual * $factor
ORDER BY errors DESC
LIMIT $limit
