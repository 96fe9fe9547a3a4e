/*
title = "Principals first seen lately"
question = "Which users, roles and foreign accounts appeared for the first time in the last days of the trail?"
techniques = ["T1078.004"]

[parameters.days]
type = "bigint"
default = "3"
about = "Days before the newest event that count as new"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal, first_seen, first_call, first_address, calls, writes, errors, last_seen
FROM (
  SELECT principal(userIdentity) AS principal,
    min(eventTime) AS first_seen,
    min_by(eventName, eventTime) AS first_call, min_by(sourceIPAddress, eventTime) AS first_address, count(*) AS calls,
    count_if(readOnly = false) AS writes, count(errorCode) AS errors, max(eventTime) AS last_seen
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to
    AND userIdentity.type <> 'AWSService'
  GROUP BY 1
)
WHERE first_seen >= date_add('day', -$days,
  (SELECT max(eventTime) FROM event_data_store WHERE eventTime >= $from AND eventTime < $to))
ORDER BY first_seen DESC
LIMIT $limit
