/*
title = "Noisy pollers"
question = "Who repeats the same read again and again?"
chart = "bar"

[parameters.percent]
type = "double"
default = "0.1"
about = "Least share of all events, in percent"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal, calls, event_name, event_source, percent, calls_a_minute, percent_failed, last_seen
FROM (
  SELECT principal(userIdentity) AS principal,
    count(*) AS calls,
    eventName AS event_name, eventSource AS event_source, round(1e2 * count(*) / sum(count(*)) OVER (), 3) AS percent,
    round(count(*) * 1e0 / greatest(date_diff('minute', min(eventTime), max(eventTime)), 1), 2) AS calls_a_minute,
    round(1e2 * count(errorCode) / count(*), 1) AS percent_failed, max(eventTime) AS last_seen
  FROM event_data_store
  WHERE readOnly
    AND eventTime >= $from AND eventTime < $to
  GROUP BY 1, 3, 4
)
WHERE percent >= $percent
ORDER BY calls DESC
LIMIT $limit
