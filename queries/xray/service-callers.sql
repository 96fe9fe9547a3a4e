/*
title = "AWS services that call X-Ray"
question = "Which AWS services call X-Ray on our behalf?"
chart = "bar"
*/
SELECT coalesce(userIdentity.invokedBy, sourceIPAddress) AS service, count(*) AS calls, eventName AS event_name,
  count_if(errorCode IS NOT NULL) AS errors, count(DISTINCT recipientAccountId) AS accounts, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND sourceIPAddress LIKE '%.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 3
ORDER BY calls DESC
