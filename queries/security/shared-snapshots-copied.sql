/*
title = "Shared snapshots copied"
question = "Which of our snapshots did another account make a volume or a copy of?"
techniques = ["T1537"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region, eventName AS event_name,
  userIdentity.accountId AS caller_account,
  coalesce(element_at(serviceEventDetails, 'snapshotId'), element_at(requestParameters, 'snapshotId'),
    element_at(resources, 1).arn) AS snapshot,
  json_format(CAST(serviceEventDetails AS json)) AS details
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com' AND eventName IN ('SharedSnapshotVolumeCreated', 'SharedSnapshotCopyInitiated')
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
