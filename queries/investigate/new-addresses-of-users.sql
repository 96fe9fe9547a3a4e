/*
title = "New addresses of users"
question = "Which users and keys called from an address that they never used before?"
techniques = ["T1078.004"]

[parameters.days]
type = "bigint"
default = "30"
about = "Days before the newest event that count as new"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT first_seen, principal, address, calls, addresses_before, user_agent
FROM (
  SELECT *, count(*) OVER (PARTITION BY principal ORDER BY first_seen) - 1 AS addresses_before, max(last_seen) OVER () AS newest
  FROM (
    SELECT caller(userIdentity) AS principal, sourceIPAddress AS address, count(*) AS calls,
      min_by(userAgent, eventTime) AS user_agent,
      min(eventTime) AS first_seen, max(eventTime) AS last_seen
    FROM event_data_store
    WHERE userIdentity.type IN ('IAMUser', 'Root') AND userIdentity.invokedBy IS NULL
      AND eventTime >= $from AND eventTime < $to
      AND TRY_CAST(sourceIPAddress AS ipaddress) IS NOT NULL
    GROUP BY 1, 2
  )
)
WHERE addresses_before > 0 AND first_seen >= date_add('day', -$days, newest)
ORDER BY first_seen DESC
LIMIT $limit
