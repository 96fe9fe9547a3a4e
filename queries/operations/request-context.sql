/*
title = "Properties of requests and principals"
question = "Which condition keys of principals, requests and sessions were recorded, with which values?"
chart = "bar"

[parameters.keys]
type = "varchar"
default = "%"
about = "Pattern of the keys: aws:Principal% for principals, aws:Token% or aws:MultiFactor% for sessions, aws:ViaAWSService for requests"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT t.key || '=' || t.value AS property, count(*) AS calls, count(errorCode) AS errors,
  approx_distinct(caller(userIdentity)) AS principals,
  count(DISTINCT eventSource) AS services, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
CROSS JOIN UNNEST(eventContext.requestContext) AS t (key, value)
WHERE eventContext IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
  AND t.key LIKE $keys
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
