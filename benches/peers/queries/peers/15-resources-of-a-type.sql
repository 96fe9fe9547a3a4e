SELECT r.arn AS arn, count(*) AS touched FROM (SELECT unnest(resources) AS r FROM event_data_store) WHERE r.type = 'AWS::S3::Bucket' GROUP BY ALL ORDER BY touched DESC, arn NULLS LAST LIMIT 20;
