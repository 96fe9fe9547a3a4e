/*
title = "Databases open to the internet"
question = "Which databases were made, restored or changed so that they have a public address?"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, eventName AS event_name,
  coalesce(element_at(requestParameters, 'dBInstanceIdentifier'), element_at(requestParameters, 'dBClusterIdentifier'),
    element_at(requestParameters, 'clusterIdentifier'),
    element_at(requestParameters, 'replicationInstanceIdentifier')) AS database_name,
  element_at(requestParameters, 'engine') AS engine, sourceIPAddress AS address, errorCode AS error
FROM event_data_store
WHERE eventSource IN ('rds.amazonaws.com', 'redshift.amazonaws.com', 'dms.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND readOnly = false AND element_at(requestParameters, 'publiclyAccessible') = 'true'
ORDER BY event_time DESC
