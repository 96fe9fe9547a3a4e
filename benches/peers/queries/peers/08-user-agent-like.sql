SELECT count(*) AS calls FROM event_data_store WHERE useragent LIKE '%Boto3%';
