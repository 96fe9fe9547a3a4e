/*
title = "Changes in unused regions"
question = "What was made or started in regions where hardly anything ever happens?"
techniques = ["T1535"]

[parameters.percent]
type = "double"
default = "1"
about = "A region with a smaller share of all changes counts as unused"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
WITH regions AS (
  SELECT awsRegion AS region, 1e2 * count(*) / sum(count(*)) OVER () AS percent
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to AND readOnly = false AND managementEvent
  GROUP BY 1
)
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventSource AS event_source, eventName AS event_name, errorCode AS error, round(percent, 3) AS percent_of_changes
FROM event_data_store JOIN regions ON region = awsRegion
WHERE eventTime >= $from AND eventTime < $to AND readOnly = false AND managementEvent
  AND percent < $percent
ORDER BY event_time DESC
LIMIT $limit
