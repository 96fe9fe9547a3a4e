/*
title = "Databases restored or copied"
question = "Which databases were restored from a snapshot or backup, and from whose?"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, eventName AS event_name,
  coalesce(element_at(requestParameters, 'dBInstanceIdentifier'), element_at(requestParameters, 'dBClusterIdentifier'),
    element_at(requestParameters, 'targetDBInstanceIdentifier'), element_at(requestParameters, 'targetDBSnapshotIdentifier'),
    element_at(requestParameters, 'targetTableName')) AS restored,
  coalesce(element_at(requestParameters, 'dBSnapshotIdentifier'), element_at(requestParameters, 'snapshotIdentifier'),
    element_at(requestParameters, 'sourceDBInstanceIdentifier'), element_at(requestParameters, 'sourceDBSnapshotIdentifier'),
    element_at(requestParameters, 'backupArn'), element_at(requestParameters, 'sourceDBClusterIdentifier')) AS restored_from,
  coalesce(regexp_extract(coalesce(element_at(requestParameters, 'dBSnapshotIdentifier'), element_at(requestParameters, 'snapshotIdentifier'),
    element_at(requestParameters, 'sourceDBSnapshotIdentifier')), ':(\d{12}):', 1) <> recipientAccountId,
    false) AS of_another_account, errorCode AS error
FROM event_data_store
WHERE eventSource IN ('rds.amazonaws.com', 'redshift.amazonaws.com', 'dynamodb.amazonaws.com', 'elasticache.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND (eventName LIKE 'Restore%'
    OR eventName IN ('CopyDBSnapshot', 'CopyDBClusterSnapshot', 'CreateDBSnapshot', 'CreateDBClusterSnapshot'))
  AND recipientAccountId LIKE $account
ORDER BY event_time DESC
