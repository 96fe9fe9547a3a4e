SELECT date_trunc('hour', eventtime) AS hour, awsregion, count(*) AS events FROM event_data_store GROUP BY ALL ORDER BY hour, awsregion;
