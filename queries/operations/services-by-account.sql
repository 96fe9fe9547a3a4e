/*
title = "Services by account"
question = "Which account uses which service, and how much?"
chart = "heatmap"
*/
SELECT eventSource AS event_source, recipientAccountId AS account, count(*) AS calls
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
GROUP BY 1, 2
ORDER BY event_source, account
