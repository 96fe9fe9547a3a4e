/*
title = "Keys that first ask who they are"
question = "Which long-lived access keys began with GetCallerIdentity, as people do who found one?"
techniques = ["T1078.004"]

[parameters.days]
type = "bigint"
default = "30"
about = "Days before the newest event in which a key must have appeared"
*/
SELECT access_key, principal, first_seen, address, calls, operations, user_agent
FROM (
  SELECT userIdentity.accessKeyId AS access_key, max(caller(userIdentity)) AS principal, min(eventTime) AS first_seen,
    min_by(eventName, eventTime) AS first_call, min_by(sourceIPAddress, eventTime) AS address, count(*) AS calls,
    count(DISTINCT eventName) AS operations, min_by(userAgent, eventTime) AS user_agent
  FROM event_data_store
  WHERE userIdentity.accessKeyId LIKE 'AKIA%'
    AND eventTime >= $from AND eventTime < $to
  GROUP BY 1
)
WHERE first_call = 'GetCallerIdentity'
  AND first_seen >= date_add('day', -$days,
    (SELECT max(eventTime) FROM event_data_store WHERE eventTime >= $from AND eventTime < $to))
ORDER BY first_seen DESC
