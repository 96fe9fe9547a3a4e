/*
title = "Functions invoked"
question = "Which functions are invoked most, how often in vain, and by how many callers?"
chart = "bar"

[parameters.function]
type = "varchar"
default = "%"
about = "Pattern of the function's ARN or name"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT coalesce(element_at(resources, 1).arn, element_at(requestParameters, 'functionName')) AS function_name, count(*) AS calls,
  count(errorCode) AS errors,
  count_if(errorCode LIKE '%TooManyRequests%' OR errorCode LIKE '%Throttl%') AS throttled,
  approx_distinct(caller(userIdentity)) AS callers, min(eventTime) AS first_seen,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'lambda.amazonaws.com' AND eventName LIKE 'Invoke%'
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(element_at(resources, 1).arn, element_at(requestParameters, 'functionName'), '') LIKE $function
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
