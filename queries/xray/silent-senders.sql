/*
title = "Senders that went silent"
question = "Which roles sent segments and then stopped before the trail ends?"

[parameters.hours]
type = "bigint"
default = "2"
about = "Hours of silence before the newest event"

[parameters.calls]
type = "bigint"
default = "20"
about = "Least number of calls before"

[parameters.days]
type = "bigint"
default = "7"
about = "Senders silent for longer than these days are left out"
*/
WITH trail AS (
  SELECT max(eventTime) AS ends FROM event_data_store
  WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments' AND eventTime >= $from AND eventTime < $to
), senders AS (
  SELECT userIdentity.sessionContext.sessionIssuer.arn AS role, awsRegion AS region, count(*) AS calls,
    min(eventTime) AS first_segment, max(eventTime) AS last_segment
  FROM event_data_store
  WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments'
    AND eventTime >= $from AND eventTime < $to
  GROUP BY 1, 2
)
SELECT role, region, calls, first_segment, last_segment, date_diff('minute', last_segment, ends) AS silent_minutes,
  round(calls * 6e1 / greatest(date_diff('minute', first_segment, last_segment), 1), 1) AS calls_per_hour
FROM senders CROSS JOIN trail
WHERE calls >= $calls AND role IS NOT NULL
  AND last_segment <= date_add('hour', -$hours, ends) AND last_segment >= date_add('day', -$days, ends)
ORDER BY silent_minutes * (calls * 1e0 / greatest(date_diff('minute', first_segment, last_segment), 1)) DESC
