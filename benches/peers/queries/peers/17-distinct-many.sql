SELECT count(DISTINCT eventid) AS ids FROM event_data_store;
