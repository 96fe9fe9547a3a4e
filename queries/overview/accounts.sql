/*
title = "Accounts"
question = "Which accounts have the most events?"
chart = "bar"
*/
SELECT recipientAccountId AS account, count(*) AS events, count(errorCode) AS errors, count(DISTINCT awsRegion) AS regions, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
GROUP BY recipientAccountId
ORDER BY events DESC, account
LIMIT 15
