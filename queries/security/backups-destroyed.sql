/*
title = "Backups destroyed"
question = "Who deleted backups, snapshots, images or vaults, or tried to?"
techniques = ["T1490"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'backupVaultName'), element_at(requestParameters, 'recoveryPointArn'),
    element_at(requestParameters, 'snapshotId'), element_at(requestParameters, 'imageId'),
    element_at(requestParameters, 'dBSnapshotIdentifier'), element_at(requestParameters, 'dBClusterSnapshotIdentifier'),
    element_at(requestParameters, 'backupPlanId'), element_at(requestParameters, 'backupArn'),
    element_at(requestParameters, 'vaultName'), element_at(requestParameters, 'dBInstanceIdentifier')) AS what,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('backup.amazonaws.com', 'ec2.amazonaws.com', 'rds.amazonaws.com', 'dynamodb.amazonaws.com',
  'redshift.amazonaws.com', 'glacier.amazonaws.com', 'elasticfilesystem.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND (eventName IN ('DeleteBackupVault', 'DeleteRecoveryPoint', 'DeleteBackupPlan', 'DeleteBackupSelection', 'DeleteBackupVaultLockConfiguration',
      'DeleteSnapshot', 'DeregisterImage', 'DeleteDBSnapshot', 'DeleteDBClusterSnapshot', 'DeleteDBInstanceAutomatedBackup',
      'DeleteBackup',
      'DeleteClusterSnapshot', 'DeleteArchive', 'DeleteVault', 'UpdateContinuousBackups')
    OR eventName IN ('DeleteDBInstance', 'DeleteDBCluster') AND element_at(requestParameters, 'skipFinalSnapshot') = 'true')
  AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
