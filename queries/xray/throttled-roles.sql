/*
title = "Throttled X-Ray callers"
question = "Which roles does X-Ray throttle, where, and how much of their calls?"

[parameters.percent]
type = "double"
default = "0"
about = "Least share of throttled calls, in percent"
*/
SELECT coalesce(userIdentity.sessionContext.sessionIssuer.userName, userIdentity.userName, userIdentity.invokedBy) AS role,
  awsRegion AS region, recipientAccountId AS account, count_if(errorCode LIKE 'Throttl%') AS throttled, count(*) AS calls,
  round(1e2 * count_if(errorCode LIKE 'Throttl%') / count(*), 2) AS percent,
  max(CASE WHEN errorCode LIKE 'Throttl%' THEN eventTime END) AS last_throttled
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 2, 3
HAVING count_if(errorCode LIKE 'Throttl%') > 0
  AND 1e2 * count_if(errorCode LIKE 'Throttl%') / count(*) >= $percent
ORDER BY throttled DESC, percent DESC
