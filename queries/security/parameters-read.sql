/*
title = "Parameters read with decryption"
question = "Who reads decrypted parameters of Systems Manager, and how many?"
techniques = ["T1555.006"]
chart = "bar"

[parameters.name]
type = "varchar"
default = "%"
about = "Pattern of the parameter's name"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal(userIdentity) AS principal,
  count(*) AS calls,
  count(DISTINCT coalesce(element_at(requestParameters, 'name'), element_at(requestParameters, 'names'), element_at(requestParameters, 'path'))) AS parameters,
  count_if(errorCode IS NOT NULL) AS errors, count(DISTINCT sourceIPAddress) AS addresses,
  max_by(coalesce(element_at(requestParameters, 'name'), element_at(requestParameters, 'names'), element_at(requestParameters, 'path')),
    eventTime) AS last_parameter,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'ssm.amazonaws.com'
  AND eventName IN ('GetParameter', 'GetParameters', 'GetParametersByPath', 'GetParameterHistory')
  AND eventTime >= $from AND eventTime < $to
  AND element_at(requestParameters, 'withDecryption') = 'true'
  AND coalesce(element_at(requestParameters, 'name'), element_at(requestParameters, 'names'),
    element_at(requestParameters, 'path'), '') LIKE $name
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
