SELECT eventsource, count(CASE WHEN readonly THEN 1 END) AS reads, count(CASE WHEN NOT readonly THEN 1 END) AS writes FROM event_data_store GROUP BY ALL ORDER BY eventsource;
