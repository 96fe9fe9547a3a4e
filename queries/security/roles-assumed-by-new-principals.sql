/*
title = "Roles assumed by someone new"
question = "Which roles were assumed by a caller who never did so before?"
techniques = ["T1078.004"]

[parameters.days]
type = "bigint"
default = "30"
about = "Days before the newest call that count as new"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT first_call AS event_time, role, caller, calls, address, callers_before
FROM (
  SELECT *, count(*) OVER (PARTITION BY role ORDER BY first_call) - 1 AS callers_before, max(last_call) OVER () AS newest
  FROM (
    SELECT element_at(requestParameters, 'roleArn') AS role,
      principal(userIdentity) AS caller,
      count(*) AS calls, min_by(sourceIPAddress, eventTime) AS address, min(eventTime) AS first_call, max(eventTime) AS last_call
    FROM event_data_store
    WHERE eventSource = 'sts.amazonaws.com' AND eventName = 'AssumeRole' AND errorCode IS NULL
      AND eventTime >= $from AND eventTime < $to
    GROUP BY 1, 2
  )
)
WHERE role IS NOT NULL AND callers_before > 0 AND first_call >= date_add('day', -$days, newest)
ORDER BY event_time DESC
LIMIT $limit
