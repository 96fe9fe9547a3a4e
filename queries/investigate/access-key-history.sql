/*
title = "The life of an access key"
question = "Who made this access key, who changed it, and on which days was it used from where?"

[parameters.key]
type = "varchar"
about = "Id of the access key; without one, the newest that was made"
*/
WITH wanted AS (
  SELECT coalesce($key, (
    SELECT max_by(json_extract_scalar(element_at(responseElements, 'accessKey'), '$.accessKeyId'), eventTime)
      FROM event_data_store
    WHERE eventSource = 'iam.amazonaws.com' AND eventName = 'CreateAccessKey' AND errorCode IS NULL AND eventTime >= $from
      AND eventTime < $to), (
    SELECT userIdentity.accessKeyId FROM event_data_store WHERE userIdentity.accessKeyId LIKE 'AKIA%' AND eventTime >= $from
      AND eventTime < $to
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)) AS key
)
SELECT eventTime AS event_time, key AS access_key, eventName AS what, caller(userIdentity) AS principal, sourceIPAddress AS address,
  1 AS calls,
  coalesce(element_at(requestParameters, 'status'), element_at(requestParameters, 'userName')) AS detail
FROM event_data_store CROSS JOIN wanted
WHERE eventSource = 'iam.amazonaws.com' AND eventName IN ('CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey')
  AND eventTime >= $from AND eventTime < $to
  AND key IN (json_extract_scalar(element_at(responseElements, 'accessKey'), '$.accessKeyId'),
    element_at(requestParameters, 'accessKeyId'))
UNION ALL
SELECT min(eventTime), arbitrary(key), 'used', caller(userIdentity), sourceIPAddress, count(*),
  'until ' || CAST(max(eventTime) AS varchar)
FROM event_data_store CROSS JOIN wanted
WHERE userIdentity.accessKeyId = key
  AND eventTime >= $from AND eventTime < $to
GROUP BY date_trunc('day', eventTime), caller(userIdentity), sourceIPAddress
ORDER BY event_time
