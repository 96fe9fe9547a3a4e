/*
title = "Who creates most"
question = "Who creates most resources, with which tool?"
chart = "bar"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal(userIdentity) AS principal,
  count(*) AS created,
  count(DISTINCT eventName) AS kinds, max_by(eventName, eventTime) AS last_event_name,
  max_by(userAgent, eventTime) AS last_user_agent,
  count(DISTINCT awsRegion) AS regions, max(eventTime) AS last_seen
FROM event_data_store
WHERE readOnly = false AND errorCode IS NULL AND managementEvent
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(eventName, '^(Create|Run|Launch|Register|Allocate|Import)')
GROUP BY 1
ORDER BY created DESC
LIMIT $limit
