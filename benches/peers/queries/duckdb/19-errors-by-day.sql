SELECT date_trunc('day', eventtime) AS day, eventsource, count(*) AS calls, count_if(errorcode IS NOT NULL) AS errors FROM event_data_store GROUP BY ALL ORDER BY day, eventsource;
