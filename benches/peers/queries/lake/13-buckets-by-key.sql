-- Which buckets are named: a key of the parameters, filtered and grouped.
SELECT element_at(requestParameters, 'bucketName') AS bucket, count(*) AS calls
FROM event_data_store
WHERE element_at(requestParameters, 'bucketName') IS NOT NULL
GROUP BY element_at(requestParameters, 'bucketName')
ORDER BY calls DESC, bucket
LIMIT 20;
