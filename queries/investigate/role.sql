/*
title = "Who used a role"
question = "Who assumed this role, from where, and how much was done in each session?"

[parameters.role]
type = "varchar"
about = "ARN of the role; without one, the one assumed most by callers that are no services"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
WITH assumed AS (
  SELECT eventTime AS event_time, element_at(requestParameters, 'roleArn') AS role,
    element_at(requestParameters, 'roleSessionName') AS session_name,
    caller(userIdentity) AS caller, sourceIPAddress AS address,
    json_extract_scalar(element_at(responseElements, 'credentials'), '$.accessKeyId') AS access_key, errorCode AS error
  FROM event_data_store
  WHERE eventSource = 'sts.amazonaws.com' AND eventName LIKE 'AssumeRole%'
    AND eventTime >= $from AND eventTime < $to
    AND element_at(requestParameters, 'roleArn') = coalesce($role, (
      SELECT element_at(requestParameters, 'roleArn') FROM event_data_store
      WHERE eventSource = 'sts.amazonaws.com' AND eventName LIKE 'AssumeRole%' AND userIdentity.type <> 'AWSService'
        AND eventTime >= $from AND eventTime < $to
        AND element_at(requestParameters, 'roleArn') IS NOT NULL
      GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1))
)
SELECT event_time, role, session_name, caller, address, a.access_key, coalesce(calls, 0) AS calls, coalesce(writes, 0) AS writes,
  error
FROM assumed a
LEFT JOIN (
  SELECT userIdentity.accessKeyId AS access_key, count(*) AS calls, count_if(readOnly = false) AS writes
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to AND userIdentity.accessKeyId LIKE 'ASIA%'
  GROUP BY 1
) u ON u.access_key = a.access_key
ORDER BY event_time
LIMIT $limit
