/*
title = "Secrets read"
question = "Who lists and reads secrets, and how often?"
techniques = ["T1555.006"]
chart = "bar"

[parameters.secret]
type = "varchar"
default = "%"
about = "Pattern of the secret's id or ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal(userIdentity) AS principal,
  count(*) AS calls,
  count(DISTINCT element_at(requestParameters, 'secretId')) AS secrets, count_if(eventName = 'ListSecrets') AS lists,
  count_if(errorCode IS NOT NULL) AS errors,
  count(DISTINCT sourceIPAddress) AS addresses, max_by(element_at(requestParameters, 'secretId'), eventTime) AS last_secret,
  min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'secretsmanager.amazonaws.com' AND eventName IN ('GetSecretValue', 'BatchGetSecretValue', 'ListSecrets')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(element_at(requestParameters, 'secretId'), '') LIKE $secret
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
