/*
title = "Gaps"
question = "Between which events lies an hour or more without any?"
*/
WITH hours AS (
  SELECT date_trunc('hour', eventTime) AS hour, min(eventTime) AS first_event, max(eventTime) AS last_event
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to
  GROUP BY 1
), neighbours AS (
  SELECT last_event AS silent_from, lead(first_event) OVER (ORDER BY hour) AS silent_to
  FROM hours
)
SELECT silent_from, silent_to, date_diff('minute', silent_from, silent_to) AS minutes
FROM neighbours
WHERE silent_to >= silent_from + INTERVAL '1' HOUR
ORDER BY minutes DESC
LIMIT 8
