/*
title = "Most active accounts"
question = "Which accounts are most active, and who and what is in them?"
chart = "bar"
*/
SELECT recipientAccountId AS account, count(*) AS calls, count_if(readOnly = false) AS writes, count(errorCode) AS errors,
  count(DISTINCT eventSource) AS services, count(DISTINCT awsRegion) AS regions, approx_distinct(caller(userIdentity)) AS principals,
  min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
GROUP BY 1
ORDER BY calls DESC
