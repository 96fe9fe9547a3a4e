/*
title = "Tags of principals"
question = "Which tags do the principals have that call most, and how often are they denied?"
chart = "bar"

[parameters.denied]
type = "boolean"
default = "false"
about = "Whether only denied calls count"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT t.key || '=' || t.value AS tag, count(*) AS calls,
  count_if(errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%') AS denied,
  approx_distinct(caller(userIdentity)) AS principals,
  count(DISTINCT eventSource) AS services, max(eventTime) AS last_seen
FROM event_data_store
CROSS JOIN UNNEST(eventContext.tagContext.principalTags) AS t (key, value)
WHERE eventContext IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
  AND (NOT $denied OR errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
