/*
title = "Secrets read by someone new"
question = "Who read a secret for the first time lately, and how many others read it before?"
techniques = ["T1555.006"]

[parameters.days]
type = "bigint"
default = "30"
about = "Days before the newest read that count as new"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT first_read AS event_time, secret, principal, reads, address, readers_before
FROM (
  SELECT *, count(*) OVER (PARTITION BY secret ORDER BY first_read) - 1 AS readers_before, max(last_read) OVER () AS newest
  FROM (
    SELECT element_at(requestParameters, 'secretId') AS secret,
      principal(userIdentity) AS principal,
      count(*) AS reads, min_by(sourceIPAddress, eventTime) AS address, min(eventTime) AS first_read, max(eventTime) AS last_read
    FROM event_data_store
    WHERE eventSource = 'secretsmanager.amazonaws.com' AND eventName = 'GetSecretValue' AND errorCode IS NULL
      AND eventTime >= $from AND eventTime < $to
    GROUP BY 1, 2
  )
)
WHERE first_read >= date_add('day', -$days, newest)
ORDER BY event_time DESC
LIMIT $limit
