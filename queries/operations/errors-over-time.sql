/*
title = "Errors over time"
question = "How many calls are denied, throttled or fail otherwise in each stretch of time?"
chart = "line"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT date_trunc($unit, eventTime) AS time,
  CASE WHEN errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%' THEN 'denied'
    WHEN errorCode LIKE '%Throttl%'
      OR errorCode IN ('SlowDown', 'ProvisionedThroughputExceededException', 'TooManyRequestsException',
      'Client.RequestLimitExceeded', 'RequestLimitExceeded') THEN 'throttled' ELSE 'other' END AS kind,
  count(*) AS errors
FROM event_data_store
WHERE errorCode IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
  AND recipientAccountId LIKE $account
GROUP BY 1, 2
ORDER BY time, kind
