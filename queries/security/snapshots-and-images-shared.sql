/*
title = "Snapshots and images shared"
question = "Which snapshots and machine images were shared with everyone or with another account?"
techniques = ["T1537"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  coalesce(element_at(requestParameters, 'snapshotId'), element_at(requestParameters, 'imageId'),
    element_at(requestParameters, 'fpgaImageId')) AS shared,
  regexp_like(coalesce(element_at(requestParameters, 'createVolumePermission'), element_at(requestParameters, 'launchPermission'),
    element_at(requestParameters, 'groupSet'), ''), '"group":"all"|"add":\{[^}]*all') AS everyone,
  coalesce(element_at(requestParameters, 'createVolumePermission'), element_at(requestParameters, 'launchPermission'),
    element_at(requestParameters, 'userIds')) AS permission,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com'
  AND eventName IN ('ModifySnapshotAttribute', 'ModifyImageAttribute', 'ModifyFpgaImageAttribute')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(element_at(requestParameters, 'createVolumePermission'), element_at(requestParameters, 'launchPermission'),
    element_at(requestParameters, 'userIds'), '') LIKE '%"add"%'
ORDER BY event_time DESC
