/*
title = "Database snapshots shared"
question = "Which database snapshots were shared with everyone or with another account?"
techniques = ["T1537"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  coalesce(element_at(requestParameters, 'dBSnapshotIdentifier'), element_at(requestParameters, 'dBClusterSnapshotIdentifier'),
    element_at(requestParameters, 'snapshotIdentifier')) AS snapshot,
  coalesce(element_at(requestParameters, 'valuesToAdd'),
    element_at(requestParameters, 'accountWithRestoreAccess')) AS shared_with,
  strpos(coalesce(element_at(requestParameters, 'valuesToAdd'), ''), '"all"') > 0 AS everyone, errorCode AS error
FROM event_data_store
WHERE eventSource IN ('rds.amazonaws.com', 'redshift.amazonaws.com')
  AND eventName IN ('ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute', 'AuthorizeSnapshotAccess')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(element_at(requestParameters, 'valuesToAdd'), element_at(requestParameters, 'accountWithRestoreAccess'),
    '[]') <> '[]'
ORDER BY event_time DESC
