-- Errors of each service by day: a time series with a condition.
SELECT date_trunc('day', eventTime) AS day, eventSource, count(*) AS calls, count_if(errorCode IS NOT NULL) AS errors
FROM event_data_store
GROUP BY date_trunc('day', eventTime), eventSource
ORDER BY day, eventSource;
