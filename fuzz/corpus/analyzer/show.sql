SHOW COLUMNS FROM event_data_store LIKE 'event%'
