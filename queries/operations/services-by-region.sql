/*
title = "Services by region"
question = "Which service is used in which region, and how much?"
chart = "heatmap"
*/
SELECT eventSource AS event_source, awsRegion AS region, count(*) AS calls
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
GROUP BY 1, 2
ORDER BY event_source, region
