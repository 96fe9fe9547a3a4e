/*
title = "Unusually busy principals"
question = "Which users and roles called far more often in an hour than they usually do?"

[parameters.factor]
type = "double"
default = "5"
about = "How many times their usual rate in the hours in which they are active"

[parameters.calls]
type = "bigint"
default = "50"
about = "Least number of calls in the hour"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT hour, principal, calls, round(usual, 2) AS usual_calls, round(calls / nullif(usual, 0), 1) AS times_usual, errors
FROM (
  SELECT *,
    (sum(calls) OVER (PARTITION BY principal) - calls) * 1e0 / greatest(count(*) OVER (PARTITION BY principal) - 1, 1) AS usual
  FROM (
    SELECT date_trunc('hour', eventTime) AS hour,
      principal(userIdentity) AS principal,
      count(*) AS calls, count(errorCode) AS errors
    FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to
      AND caller(userIdentity) IS NOT NULL
    GROUP BY 1, 2
  )
)
WHERE calls >= $calls AND calls >= usual * $factor
ORDER BY calls DESC
LIMIT $limit
