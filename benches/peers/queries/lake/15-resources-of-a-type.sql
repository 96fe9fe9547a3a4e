-- Resources of one type: a list of structs, unnested, filtered and grouped.
SELECT resource.arn AS arn, count(*) AS touched
FROM event_data_store CROSS JOIN UNNEST(resources) AS resource (accountId, type, arn, arnPrefix)
WHERE resource.type = 'AWS::S3::Bucket'
GROUP BY resource.arn
ORDER BY touched DESC, arn
LIMIT 20;
