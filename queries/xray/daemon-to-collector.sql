/*
title = "From daemon to collector"
question = "How far is the move from the X-Ray daemon to OpenTelemetry collectors?"
chart = "line"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT date_trunc('day', eventTime) AS day,
  CASE WHEN userAgent LIKE '%xray-otel-exporter/%' THEN 'collector' WHEN userAgent LIKE '%xray-daemon/%' THEN 'daemon'
    WHEN sourceIPAddress LIKE '%.amazonaws.com' THEN 'service' ELSE 'other' END AS client,
  count(*) AS calls, count(DISTINCT userIdentity.principalId) AS senders
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments'
  AND eventTime >= $from AND eventTime < $to
  AND recipientAccountId LIKE $account
GROUP BY 1, 2
ORDER BY day, client
