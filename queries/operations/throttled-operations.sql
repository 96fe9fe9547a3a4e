/*
title = "Throttled operations"
question = "Which operations are throttled most, and how much of their calls?"
chart = "bar"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source, such as dynamodb.amazonaws.com"

[parameters.category]
type = "varchar"
default = "%"
about = "Management, Data, NetworkActivity or a pattern"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT event_name, throttled, event_source, calls, round(1e2 * throttled / calls, 2) AS percent_throttled, last_throttled
FROM (
  SELECT eventName AS event_name, eventSource AS event_source, count(*) AS calls, count_if(throttled) AS throttled,
    max(CASE WHEN throttled THEN eventTime END) AS last_throttled
  FROM (
    SELECT eventName, eventSource, eventTime, errorCode LIKE '%Throttl%'
      OR errorCode IN ('SlowDown', 'ProvisionedThroughputExceededException',
      'TooManyRequestsException', 'Client.RequestLimitExceeded', 'RequestLimitExceeded', 'BandwidthLimitExceeded',
      'LimitExceededException') AS throttled
    FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to
      AND eventSource LIKE $source AND coalesce(eventCategory, '') LIKE $category
  )
  GROUP BY 1, 2
)
WHERE throttled > 0
ORDER BY throttled DESC
LIMIT $limit
