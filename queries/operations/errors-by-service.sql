/*
title = "Errors by service"
question = "Which services answer with errors, and how much of their calls?"
chart = "bar"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT eventSource AS event_source, count(errorCode) AS errors, count(*) AS calls,
  round(1e2 * count(errorCode) / count(*), 2) AS percent_failed,
  count_if(errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%') AS denied,
  count_if(errorCode LIKE '%Throttl%'
    OR errorCode IN ('SlowDown', 'ProvisionedThroughputExceededException', 'TooManyRequestsException',
    'Client.RequestLimitExceeded', 'RequestLimitExceeded')) AS throttled,
  max(CASE WHEN errorCode IS NOT NULL THEN eventTime END) AS last_error
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND recipientAccountId LIKE $account
GROUP BY 1
HAVING count(errorCode) > 0
ORDER BY errors DESC
