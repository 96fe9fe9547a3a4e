/*
title = "Throttles over time"
question = "When were calls throttled, and by which service?"
chart = "line"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"
*/
SELECT date_trunc($unit, eventTime) AS time, eventSource AS event_source, count(*) AS throttled,
  count(DISTINCT recipientAccountId) AS accounts
FROM event_data_store
WHERE (errorCode LIKE '%Throttl%'
  OR errorCode IN ('SlowDown', 'ProvisionedThroughputExceededException', 'TooManyRequestsException',
    'Client.RequestLimitExceeded', 'RequestLimitExceeded'))
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 2
ORDER BY time, event_source
