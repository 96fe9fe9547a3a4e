SELECT requestparameters['bucketName'] AS bucket, count(*) AS calls FROM event_data_store WHERE requestparameters['bucketName'] IS NOT NULL GROUP BY ALL ORDER BY calls DESC, bucket LIMIT 20;
