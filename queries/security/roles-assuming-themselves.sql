/*
title = "Roles that assume themselves"
question = "Which roles assume themselves, which refreshes their time without need?"
chart = "bar"
*/
SELECT userIdentity.sessionContext.sessionIssuer.arn AS role, count(*) AS calls, count(DISTINCT caller(userIdentity)) AS sessions,
  arbitrary(sourceIPAddress) AS address, arbitrary(userAgent) AS user_agent, min(eventTime) AS first_seen,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'sts.amazonaws.com' AND eventName = 'AssumeRole'
  AND eventTime >= $from AND eventTime < $to
  AND userIdentity.sessionContext.sessionIssuer.arn = element_at(requestParameters, 'roleArn')
GROUP BY 1
ORDER BY calls DESC
