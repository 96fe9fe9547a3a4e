SELECT count(*) AS events FROM event_data_store;
