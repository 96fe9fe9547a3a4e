SELECT eventsource, count_if(readonly) AS reads, count_if(NOT readonly) AS writes FROM event_data_store GROUP BY ALL ORDER BY eventsource;
