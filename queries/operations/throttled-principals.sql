/*
title = "Throttled principals"
question = "Whose calls are throttled most?"
chart = "bar"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source, such as lambda.amazonaws.com"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal(userIdentity) AS principal,
  count(*) AS throttled, count(DISTINCT eventName) AS operations, max_by(eventSource, eventTime) AS last_event_source,
  max_by(eventName, eventTime) AS last_event_name, count(DISTINCT awsRegion) AS regions, min(eventTime) AS first_seen,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE (errorCode LIKE '%Throttl%'
  OR errorCode IN ('SlowDown', 'ProvisionedThroughputExceededException', 'TooManyRequestsException',
    'Client.RequestLimitExceeded', 'RequestLimitExceeded'))
  AND eventTime >= $from AND eventTime < $to
  AND eventSource LIKE $source
GROUP BY 1
ORDER BY throttled DESC
LIMIT $limit
