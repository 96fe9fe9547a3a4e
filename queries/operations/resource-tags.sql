/*
title = "Tags of resources"
question = "Which tags do the resources have that are used most?"
chart = "bar"

[parameters.key]
type = "varchar"
default = "%"
about = "Pattern of the tag's key"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT t.key || '=' || t.value AS tag, count(*) AS calls, count(DISTINCT r.arn) AS resources,
  count(DISTINCT eventName) AS operations,
  approx_distinct(caller(userIdentity)) AS principals, count(errorCode) AS errors, max(eventTime) AS last_seen
FROM event_data_store
CROSS JOIN UNNEST(eventContext.tagContext.resourceTags) AS r (arn, tags)
CROSS JOIN UNNEST(r.tags) AS t (key, value)
WHERE eventContext IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
  AND t.key LIKE $key
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
