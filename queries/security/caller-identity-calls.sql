/*
title = "Who asks who they are"
question = "Who calls GetCallerIdentity, from where, and with which program?"
chart = "bar"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal(userIdentity) AS principal, count(*) AS calls,
  count(DISTINCT sourceIPAddress) AS addresses, count(DISTINCT userIdentity.accessKeyId) AS access_keys,
  max_by(userAgent, eventTime) AS last_user_agent, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'sts.amazonaws.com' AND eventName = 'GetCallerIdentity'
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(caller(userIdentity), '') LIKE $principal
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
