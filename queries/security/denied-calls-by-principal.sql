/*
title = "Denied calls by principal"
question = "Who is denied most often, and of what?"
chart = "bar"

[parameters.people]
type = "boolean"
default = "false"
about = "Whether to leave out AWS services and calls they make for others"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal(userIdentity) AS principal,
  count(*) AS denied, count(DISTINCT eventSource || eventName) AS operations, count(DISTINCT eventSource) AS services,
  max_by(eventName, eventTime) AS last_call, count(DISTINCT sourceIPAddress) AS addresses, min(eventTime) AS first_seen,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND (errorCode LIKE 'AccessDenied%' OR errorCode LIKE '%Unauthorized%' OR errorCode = 'VpceAccessDenied')
  AND (NOT $people OR userIdentity.type <> 'AWSService' AND userIdentity.invokedBy IS NULL)
GROUP BY 1
ORDER BY denied DESC
LIMIT $limit
