SELECT * FROM event_data_store
WHERE userAgent LIKE '%Boto3%'
ORDER BY eventTime DESC, eventID
LIMIT 100;
