/*
title = "Who uses a program"
question = "Which identities call with this program, from where, and what do they do?"

[parameters.program]
type = "varchar"
about = "Pattern of the user agent; without one, the rarest one"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT userAgent AS user_agent, caller(userIdentity) AS principal,
  eventSource AS event_source, eventName AS event_name, count(*) AS calls,
  count(errorCode) AS errors, arbitrary(sourceIPAddress) AS address, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND userAgent LIKE coalesce($program, (
    SELECT replace(replace(userAgent, '%', '_'), chr(92), '_') FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to AND userAgent IS NOT NULL AND userAgent <> ''
    GROUP BY userAgent ORDER BY count(*), userAgent LIMIT 1))
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC
LIMIT $limit
