-- Calls by Python scripts: a pattern that no statistics can answer.
SELECT count(*) AS calls FROM event_data_store WHERE userAgent LIKE '%Boto3%';
