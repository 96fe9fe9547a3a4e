/*
title = "Limits reached"
question = "Who ran into quotas, limits or missing capacity, and of what?"
chart = "bar"
*/
SELECT errorCode AS error, count(*) AS calls, eventSource AS event_source, eventName AS event_name, recipientAccountId AS account,
  awsRegion AS region,
  max_by(errorMessage, eventTime) AS last_message, max(eventTime) AS last_seen
FROM event_data_store
WHERE regexp_like(errorCode, '(?i)limit|quota|insufficient|exceeded|capacity') AND errorCode NOT LIKE '%RequestLimit%'
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 3, 4, 5, 6
ORDER BY calls DESC
