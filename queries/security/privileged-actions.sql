/*
title = "What privileged principals did"
question = "What do root and principals with names of administrators do most?"
chart = "bar"

[parameters.names]
type = "varchar"
default = "(?i):root$|admin|poweruser|breakglass|break-glass|owner"
about = "Regular expression of the ARNs of privileged principals"

[parameters.writes]
type = "boolean"
default = "false"
about = "Whether only changes count"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventName AS event_name, count(*) AS calls, eventSource AS event_source,
  count(DISTINCT caller(userIdentity)) AS principals, count_if(errorCode IS NOT NULL) AS errors,
  max_by(caller(userIdentity), eventTime) AS last_principal, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND regexp_like(caller(userIdentity), $names)
  AND (NOT $writes OR readOnly = false)
GROUP BY 1, 3
ORDER BY calls DESC
LIMIT $limit
