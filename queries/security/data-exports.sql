/*
title = "Export tasks"
question = "Which snapshots, log groups, tables and images were exported, where to, and by whom?"
techniques = ["T1537"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventSource AS event_source, eventName AS event_name,
  coalesce(element_at(requestParameters, 'sourceArn'), element_at(requestParameters, 'logGroupName'),
    element_at(requestParameters, 'tableArn'), element_at(requestParameters, 'instanceId'),
    element_at(requestParameters, 'imageId')) AS exported,
  coalesce(element_at(requestParameters, 's3BucketName'), element_at(requestParameters, 'destination'),
    element_at(requestParameters, 's3Bucket'), element_at(requestParameters, 'exportToS3Task'),
    element_at(requestParameters, 's3ExportLocation')) AS destination,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('rds.amazonaws.com', 'logs.amazonaws.com', 'dynamodb.amazonaws.com', 'ec2.amazonaws.com',
  'ecr.amazonaws.com', 'lightsail.amazonaws.com')
  AND eventName IN ('StartExportTask', 'CreateExportTask', 'ExportTableToPointInTime', 'CreateInstanceExportTask', 'ExportImage',
    'CreateStoreImageTask', 'ExportSnapshot')
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
