/*
title = "Enriched events over time"
question = "How many events carry tags or condition keys in each stretch of time?"
chart = "line"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"
*/
SELECT date_trunc($unit, eventTime) AS time, IF(eventContext IS NULL, 'plain', 'enriched') AS kind, count(*) AS events
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
GROUP BY 1, 2
ORDER BY time, kind
