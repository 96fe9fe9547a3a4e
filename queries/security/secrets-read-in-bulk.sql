/*
title = "Secrets read in bulk"
question = "Who read many different secrets and parameters within an hour?"
techniques = ["T1555.006"]

[parameters.secrets]
type = "bigint"
default = "5"
about = "Least number of different ones in the hour"
*/
SELECT date_trunc('hour', eventTime) AS hour,
  caller(userIdentity) AS principal,
  count(DISTINCT coalesce(element_at(requestParameters, 'secretId'), element_at(requestParameters, 'name'), element_at(requestParameters, 'names'),
    element_at(requestParameters, 'path'))) AS secrets,
  count(*) AS calls, count_if(errorCode IS NOT NULL) AS errors, arbitrary(sourceIPAddress) AS address,
  arbitrary(userAgent) AS user_agent
FROM event_data_store
WHERE eventSource IN ('secretsmanager.amazonaws.com', 'ssm.amazonaws.com')
  AND eventName IN ('GetSecretValue', 'BatchGetSecretValue', 'GetParameter', 'GetParameters', 'GetParametersByPath')
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 2
HAVING count(DISTINCT coalesce(element_at(requestParameters, 'secretId'), element_at(requestParameters, 'name'), element_at(requestParameters, 'names'),
  element_at(requestParameters, 'path'))) >= $secrets
ORDER BY secrets DESC, hour DESC
