-- The last hundred calls by Python scripts, all columns: a top-k over wide rows behind a pattern.
SELECT * FROM event_data_store
WHERE userAgent LIKE '%Boto3%'
ORDER BY eventTime DESC, eventID
LIMIT 100;
