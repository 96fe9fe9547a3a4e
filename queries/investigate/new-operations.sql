/*
title = "Operations first seen lately"
question = "Which operations were called for the first time in the last days of the trail, and by whom?"

[parameters.days]
type = "bigint"
default = "7"
about = "Days before the newest event that count as new"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT event_source, event_name, first_seen, first_principal, calls, principals, errors
FROM (
  SELECT event_source, event_name, min(first_seen) AS first_seen, min_by(principal, first_seen) AS first_principal,
    sum(calls) AS calls, count(*) AS principals, sum(errors) AS errors
  FROM (
    SELECT eventSource AS event_source, eventName AS event_name,
      principal(userIdentity) AS principal,
      min(eventTime) AS first_seen, count(*) AS calls, count(errorCode) AS errors
    FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to
    GROUP BY 1, 2, 3
  )
  GROUP BY 1, 2
)
WHERE first_seen >= date_add('day', -$days,
  (SELECT max(eventTime) FROM event_data_store WHERE eventTime >= $from AND eventTime < $to))
ORDER BY first_seen DESC
LIMIT $limit
