/*
title = "Tags of resources with their users"
question = "Who uses resources with which tags?"

[parameters.key]
type = "varchar"
default = "%"
about = "Pattern of the tag's key"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT t.key || '=' || t.value AS tag, r.arn AS resource,
  principal(userIdentity) AS principal,
  count(*) AS calls, count(errorCode) AS errors, max_by(eventName, eventTime) AS last_event_name, max(eventTime) AS last_seen
FROM event_data_store
CROSS JOIN UNNEST(eventContext.tagContext.resourceTags) AS r (arn, tags)
CROSS JOIN UNNEST(r.tags) AS t (key, value)
WHERE eventContext IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
  AND t.key LIKE $key AND coalesce(caller(userIdentity), '') LIKE $principal
GROUP BY 1, 2, 3
ORDER BY calls DESC
LIMIT $limit
