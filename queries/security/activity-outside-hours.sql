/*
title = "Activity outside working hours"
question = "Which people are active at night and on weekends, and how unusual is that for them?"
techniques = ["T1078.004"]
chart = "bar"

[parameters.zone]
type = "varchar"
default = "UTC"
about = "Time zone of the working hours"

[parameters.start]
type = "bigint"
default = "6"
about = "First hour of the working day"

[parameters.end]
type = "bigint"
default = "20"
about = "First hour after the working day"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal, sum(calls) FILTER (WHERE outside) AS calls_outside, sum(calls) AS calls,
  round(1e2 * sum(calls) FILTER (WHERE outside) / sum(calls), 1) AS percent_outside,
  sum(writes) FILTER (WHERE outside) AS writes_outside, max(hour) FILTER (WHERE outside) AS last_outside
FROM (
  SELECT *, day_of_week(at_timezone(with_timezone(hour, 'UTC'), $zone)) > 5
    OR hour(at_timezone(with_timezone(hour, 'UTC'), $zone)) NOT BETWEEN $start AND $end - 1 AS outside
  FROM (
    SELECT caller(userIdentity) AS principal,
      date_trunc('hour', eventTime) AS hour,
      count(*) AS calls, count_if(readOnly = false) AS writes
    FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to
      AND (userIdentity.type IN ('IAMUser', 'Root', 'IdentityCenterUser', 'FederatedUser')
        OR userIdentity.arn LIKE '%:assumed-role/AWSReservedSSO!_%' ESCAPE '!' OR sessionCredentialFromConsole = 'true')
    GROUP BY 1, 2
  )
)
GROUP BY 1
HAVING sum(calls) FILTER (WHERE outside) > 0
ORDER BY calls_outside DESC
LIMIT $limit
