/*
title = "Idle access keys"
question = "Which long-lived access keys were made or used once and then not for long?"

[parameters.days]
type = "bigint"
default = "7"
about = "Days without use before the newest event"
*/
WITH keys AS (
  SELECT userIdentity.accessKeyId AS access_key, caller(userIdentity) AS owner, 'used' AS event, eventTime AS event_time
  FROM event_data_store
  WHERE userIdentity.accessKeyId LIKE 'AKIA%' AND eventTime >= $from AND eventTime < $to
  UNION ALL
  SELECT json_extract_scalar(element_at(responseElements, 'accessKey'), '$.accessKeyId'),
    json_extract_scalar(element_at(responseElements, 'accessKey'), '$.userName'), 'made', eventTime
  FROM event_data_store
  WHERE eventSource = 'iam.amazonaws.com' AND eventName = 'CreateAccessKey' AND errorCode IS NULL AND eventTime >= $from
    AND eventTime < $to
)
SELECT access_key, max(owner) AS owner, min(CASE WHEN event = 'made' THEN event_time END) AS made,
  max(CASE WHEN event = 'used' THEN event_time END) AS last_used, count_if(event = 'used') AS calls,
  date_diff('day', max(event_time),
    (SELECT max(eventTime) FROM event_data_store WHERE eventTime >= $from AND eventTime < $to)) AS idle_days
FROM keys
WHERE access_key IS NOT NULL
GROUP BY 1
HAVING max(event_time) <= date_add('day', -$days,
  (SELECT max(eventTime) FROM event_data_store WHERE eventTime >= $from AND eventTime < $to))
ORDER BY idle_days DESC, access_key
