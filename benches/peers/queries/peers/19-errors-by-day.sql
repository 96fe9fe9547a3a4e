SELECT date_trunc('day', eventtime) AS day, eventsource, count(*) AS calls, count(CASE WHEN errorcode IS NOT NULL THEN 1 END) AS errors FROM event_data_store GROUP BY ALL ORDER BY day, eventsource;
