/*
title = "Resources made without encryption"
question = "Which volumes, snapshots, databases, queues, log groups and functions were made without encryption or without an own key?"

[parameters.event]
type = "varchar"
default = "%"
about = "Pattern of the event's name"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, eventName AS event_name,
  coalesce(element_at(responseElements, 'snapshotId'), element_at(responseElements, 'volumeId'),
    element_at(requestParameters, 'dBInstanceIdentifier'), element_at(requestParameters, 'dBClusterIdentifier'),
    element_at(requestParameters, 'queueName'), element_at(requestParameters, 'logGroupName'),
    element_at(requestParameters, 'functionName'), element_at(requestParameters, 'clusterIdentifier'),
    element_at(requestParameters, 'creationToken')) AS made,
  CASE WHEN eventName IN ('CreateSnapshot', 'CreateVolume') THEN 'not encrypted'
    WHEN eventSource IN ('rds.amazonaws.com', 'redshift.amazonaws.com', 'elasticfilesystem.amazonaws.com') THEN 'not encrypted'
    ELSE 'without an own key' END AS finding
FROM event_data_store
WHERE eventSource IN ('ec2.amazonaws.com', 'rds.amazonaws.com', 'sqs.amazonaws.com', 'logs.amazonaws.com', 'lambda.amazonaws.com',
  'redshift.amazonaws.com', 'elasticfilesystem.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to AND errorCode IS NULL
  AND (eventName IN ('CreateSnapshot', 'CreateVolume') AND element_at(responseElements, 'encrypted') = 'false'
    OR eventName IN ('CreateDBInstance', 'CreateDBCluster')
      AND coalesce(element_at(requestParameters, 'storageEncrypted'), 'false') = 'false'
    OR eventSource = 'redshift.amazonaws.com' AND eventName = 'CreateCluster'
      AND coalesce(element_at(requestParameters, 'encrypted'), 'false') = 'false'
    OR eventName = 'CreateFileSystem' AND coalesce(element_at(requestParameters, 'encrypted'), 'false') = 'false'
    OR eventName = 'CreateQueue'
      AND NOT regexp_like(coalesce(element_at(requestParameters, 'attributes'), element_at(requestParameters, 'attribute'), ''),
      'KmsMasterKeyId|"SqsManagedSseEnabled":"?true')
    OR eventName = 'CreateLogGroup' AND element_at(requestParameters, 'kmsKeyId') IS NULL
    OR eventName LIKE 'CreateFunction2%' AND element_at(requestParameters, 'kMSKeyArn') IS NULL
      AND coalesce(element_at(requestParameters, 'environment'), '{}') <> '{}')
  AND eventName LIKE $event
ORDER BY event_time DESC
LIMIT $limit
