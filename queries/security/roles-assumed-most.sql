/*
title = "Roles assumed most"
question = "Which roles are assumed most, by how many callers, and how often in vain?"
chart = "bar"

[parameters.services]
type = "boolean"
default = "false"
about = "Whether calls of AWS services count"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT element_at(requestParameters, 'roleArn') AS role, count(*) AS calls,
  count(DISTINCT principal(userIdentity)) AS callers,
  count_if(errorCode IS NOT NULL) AS errors, count(DISTINCT userIdentity.accountId) AS caller_accounts,
  count(DISTINCT sourceIPAddress) AS addresses, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'sts.amazonaws.com'
  AND eventName IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot')
  AND eventTime >= $from AND eventTime < $to
  AND (userIdentity.type <> 'AWSService' OR $services)
GROUP BY 1
HAVING element_at(requestParameters, 'roleArn') IS NOT NULL
ORDER BY calls DESC
LIMIT $limit
