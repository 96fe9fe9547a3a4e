/*
title = "From a key through assumed roles"
question = "Which sessions came out of this access key, directly or through roles, and what did each do?"

[parameters.key]
type = "varchar"
about = "Id of the access key; without one, the key that assumed roles most often"

[parameters.depth]
type = "bigint"
default = "3"
about = "Most steps to follow"
*/
WITH RECURSIVE issued AS (
  SELECT userIdentity.accessKeyId AS from_key,
    json_extract_scalar(element_at(responseElements, 'credentials'), '$.accessKeyId') AS to_key,
    eventTime AS event_time, eventName AS event_name,
    coalesce(element_at(requestParameters, 'roleArn'), element_at(requestParameters, 'name')) AS role,
    sourceIPAddress AS address
  FROM event_data_store
  WHERE eventSource = 'sts.amazonaws.com' AND eventName IN ('AssumeRole', 'GetSessionToken', 'GetFederationToken', 'AssumeRoot')
    AND errorCode IS NULL
    AND eventTime >= $from AND eventTime < $to
    AND userIdentity.accessKeyId IS NOT NULL
), chain (step, from_key, key, event_time, event_name, role, address) AS (
  SELECT BIGINT '1', from_key, to_key, event_time, event_name, role, address FROM issued
  WHERE from_key = coalesce($key, (
    SELECT userIdentity.accessKeyId FROM event_data_store
    WHERE eventSource = 'sts.amazonaws.com' AND eventName = 'AssumeRole' AND errorCode IS NULL AND eventTime >= $from
      AND eventTime < $to AND userIdentity.accessKeyId IS NOT NULL
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1))
  UNION ALL
  SELECT c.step + 1, i.from_key, i.to_key, i.event_time, i.event_name, i.role, i.address
  FROM chain c JOIN issued i ON i.from_key = c.key
  WHERE c.step < $depth
)
SELECT step, event_time, event_name, from_key, chain.key, role, address, coalesce(calls, 0) AS calls,
  coalesce(writes, 0) AS writes
FROM chain
LEFT JOIN (
  SELECT userIdentity.accessKeyId AS key, count(*) AS calls, count_if(readOnly = false) AS writes
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to AND userIdentity.accessKeyId LIKE 'ASIA%'
  GROUP BY 1
) used ON used.key = chain.key
ORDER BY event_time, step
