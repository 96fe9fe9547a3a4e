/*
title = "From daemon to collector"
question = "How far is the move from the X-Ray daemon to OpenTelemetry collectors?"
chart = "line"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT date_trunc('day', event_time) AS day, coalesce(client, 'unknown') AS client, count(*) AS calls,
  count(DISTINCT caller) AS senders
FROM xray_events
WHERE operation = 'PutTraceSegments'
  AND event_time >= $from AND event_time < $to
  AND coalesce(account, '') LIKE $account
GROUP BY 1, 2
ORDER BY day, client
