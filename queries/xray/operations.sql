/*
title = "X-Ray calls by operation"
question = "Which X-Ray operations are called, how often, and how do they end?"
chart = "bar"
*/
SELECT eventName AS event_name, count(*) AS calls, eventCategory AS category,
  count_if(errorCode IS NOT NULL) AS errors, count_if(errorCode LIKE 'Throttl%') AS throttled,
  count_if(errorCode LIKE 'AccessDenied%') AS denied, count(DISTINCT recipientAccountId) AS accounts
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 3
ORDER BY calls DESC, event_name, category
