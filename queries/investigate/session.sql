/*
title = "What a session did"
question = "What was done in this session, in order, from its beginning?"

[parameters.key]
type = "varchar"
about = "Access key of the session; without one, the temporary key that changed most"

[parameters.limit]
type = "bigint"
default = "500"
about = "Most rows to show"
*/
WITH wanted AS (
  SELECT coalesce($key, (
    SELECT userIdentity.accessKeyId FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to AND userIdentity.accessKeyId LIKE 'ASIA%' AND readOnly = false
      AND managementEvent
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)) AS key
)
SELECT eventTime AS event_time, 'began' AS step,
  caller(userIdentity) AS principal, eventSource AS event_source,
  eventName AS event_name,
  element_at(requestParameters, 'roleArn') AS resource, sourceIPAddress AS address, errorCode AS error, eventID AS event_id
FROM event_data_store CROSS JOIN wanted
WHERE eventSource = 'sts.amazonaws.com' AND eventTime >= $from AND eventTime < $to
  AND json_extract_scalar(element_at(responseElements, 'credentials'), '$.accessKeyId') = key
UNION ALL
SELECT eventTime, CASE WHEN errorCode IS NOT NULL THEN 'failed' WHEN readOnly = false THEN 'wrote' ELSE 'read' END,
  caller(userIdentity), eventSource, eventName,
  element_at(resources, 1).arn, sourceIPAddress, errorCode, eventID
FROM event_data_store CROSS JOIN wanted
WHERE eventTime >= $from AND eventTime < $to AND userIdentity.accessKeyId = key
ORDER BY event_time, event_id
LIMIT $limit
