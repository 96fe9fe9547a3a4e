-- Events by hour and region: a whole scan of two columns, computed and grouped.
SELECT date_trunc('hour', eventTime) AS hour, awsRegion, count(*) AS events
FROM event_data_store
GROUP BY date_trunc('hour', eventTime), awsRegion
ORDER BY hour, awsRegion;
