/*
title = "Documents and resource shares"
question = "Which documents, images, databases and other resources were shared with other accounts?"
techniques = ["T1537"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventSource AS event_source, eventName AS event_name,
  coalesce(element_at(requestParameters, 'name'), element_at(requestParameters, 'resourceShareArn'),
    element_at(requestParameters, 'directoryId'), element_at(requestParameters, 'dataShareArn')) AS shared,
  coalesce(element_at(requestParameters, 'accountIdsToAdd'), element_at(requestParameters, 'principals'),
    element_at(requestParameters, 'shareTarget'), element_at(requestParameters, 'consumerIdentifier')) AS shared_with,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('ssm.amazonaws.com', 'ram.amazonaws.com', 'ds.amazonaws.com', 'redshift.amazonaws.com')
  AND eventName IN ('ModifyDocumentPermission', 'CreateResourceShare', 'AssociateResourceShare', 'UpdateResourceShare',
    'EnableSharingWithAwsOrganization', 'ShareDirectory', 'AuthorizeDataShare')
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
