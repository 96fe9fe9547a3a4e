/*
title = "Looking around"
question = "Who listed and described very many things of many services within minutes?"
techniques = ["T1580", "T1526"]

[parameters.services]
type = "bigint"
default = "5"
about = "Least number of services"

[parameters.operations]
type = "bigint"
default = "10"
about = "Least number of different calls"

[parameters.minutes]
type = "bigint"
default = "10"
about = "Length of a stretch in minutes, up to 60"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT from_time, principal, sum(operations) AS operations, count(*) AS services, sum(calls) AS calls, sum(failed) AS failed
FROM (
  SELECT from_time, principal, event_source, count(*) AS operations, sum(calls) AS calls, sum(failed) AS failed
  FROM (
    SELECT date_add('minute', -(minute(eventTime) % $minutes), date_trunc('minute', eventTime)) AS from_time,
      caller(userIdentity) AS principal,
      eventSource AS event_source, eventName AS event_name, count(*) AS calls, count(errorCode) AS failed
    FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to
      AND managementEvent AND caller(userIdentity) IS NOT NULL AND userIdentity.invokedBy IS NULL
      AND (eventName LIKE 'List%' OR eventName LIKE 'Describe%' OR eventName LIKE 'Get%')
    GROUP BY 1, 2, 3, 4
  )
  GROUP BY 1, 2, 3
)
GROUP BY 1, 2
HAVING count(*) >= $services AND sum(operations) >= $operations
ORDER BY operations DESC
LIMIT $limit
