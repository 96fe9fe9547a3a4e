/*
title = "Chains of roles"
question = "Which roles were used to assume another role?"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT userIdentity.sessionContext.sessionIssuer.arn AS from_role, element_at(requestParameters, 'roleArn') AS to_role,
  count(*) AS calls,
  count_if(errorCode IS NOT NULL) AS errors, count(DISTINCT caller(userIdentity)) AS sessions,
  arbitrary(sourceIPAddress) AS address, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'sts.amazonaws.com' AND eventName = 'AssumeRole' AND userIdentity.type = 'AssumedRole'
  AND eventTime >= $from AND eventTime < $to
  AND element_at(requestParameters, 'roleArn') <> userIdentity.sessionContext.sessionIssuer.arn
GROUP BY 1, 2
ORDER BY last_seen DESC
LIMIT $limit
