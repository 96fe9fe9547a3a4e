SELECT * FROM event_data_store WHERE useragent LIKE '%Boto3%' ORDER BY eventtime DESC, eventid LIMIT 100;
