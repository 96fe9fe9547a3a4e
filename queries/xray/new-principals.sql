/*
title = "New principals at X-Ray"
question = "Which principals called X-Ray for the first time in the last days of the trail?"
techniques = ["T1078.004"]

[parameters.days]
type = "bigint"
default = "1"
about = "Days before the newest event that count as new"
*/
SELECT coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn) AS principal, min(eventTime) AS first_seen,
  min_by(eventName, eventTime) AS first_call, count(*) AS calls, count(DISTINCT eventName) AS operations,
  count(DISTINCT sourceIPAddress) AS addresses, max(userIdentity.accountId <> recipientAccountId) AS foreign_account
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1
HAVING min(eventTime) >= date_add('day', -$days, (
  SELECT max(eventTime) FROM event_data_store
  WHERE eventSource = 'xray.amazonaws.com' AND eventTime >= $from AND eventTime < $to))
ORDER BY first_seen DESC
