/*
title = "Errors of invocations"
question = "Which invocations of functions fail, with which error?"
chart = "bar"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT errorCode AS error, count(*) AS errors,
  coalesce(element_at(resources, 1).arn, element_at(requestParameters, 'functionName')) AS function_name,
  max_by(errorMessage, eventTime) AS last_message,
  max_by(caller(userIdentity), eventTime) AS last_caller,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'lambda.amazonaws.com' AND eventName LIKE 'Invoke%' AND errorCode IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 3
ORDER BY errors DESC
LIMIT $limit
