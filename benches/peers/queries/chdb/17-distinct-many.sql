SELECT count(DISTINCT assumeNotNull(eventid)) AS ids FROM event_data_store WHERE eventid IS NOT NULL;
