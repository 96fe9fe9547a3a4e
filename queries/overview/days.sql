/*
title = "Events per day"
question = "How many events and errors are there each day?"
chart = "line"
*/
SELECT date(eventTime) AS day, count(*) AS events, count(errorCode) AS errors, count_if(NOT readOnly) AS writes
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
GROUP BY date(eventTime)
ORDER BY day
