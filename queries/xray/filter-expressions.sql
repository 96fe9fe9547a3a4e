/*
title = "What people search traces for"
question = "Which filter expressions are used on traces, and do they look for persons?"
chart = "bar"

[parameters.pattern]
type = "varchar"
default = "annotation\\.|user|http\\.clientip|email|account"
about = "Regular expression of what is worth a look, in lower case"
*/
SELECT element_at(requestParameters, 'filterExpression') AS filter_expression, count(*) AS calls,
  coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn) AS principal,
  count(DISTINCT userIdentity.arn) AS sessions, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'GetTraceSummaries'
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(lower(element_at(requestParameters, 'filterExpression')), $pattern)
GROUP BY 1, 3
ORDER BY calls DESC
