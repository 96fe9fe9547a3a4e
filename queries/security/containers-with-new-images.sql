/*
title = "Containers with new images"
question = "Which task definitions and services were registered or run, with which images?"
techniques = ["T1610"]

[parameters.image]
type = "varchar"
default = "%"
about = "Pattern of an image's name"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, eventName AS event_name,
  coalesce(element_at(requestParameters, 'family'), element_at(requestParameters, 'taskDefinition'),
    element_at(requestParameters, 'service'), element_at(requestParameters, 'repositoryName')) AS subject,
  array_join(regexp_extract_all(element_at(requestParameters, 'containerDefinitions'), '"image":"([^"]+)"', 1), ' ') AS images,
  sourceIPAddress AS address, errorCode AS error
FROM event_data_store
WHERE eventSource IN ('ecs.amazonaws.com', 'ecr.amazonaws.com', 'eks.amazonaws.com')
  AND eventName IN ('RegisterTaskDefinition', 'RunTask', 'StartTask', 'CreateService', 'UpdateService', 'PutImage',
    'CreateCluster', 'CreateNodegroup')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(element_at(requestParameters, 'containerDefinitions'), '') LIKE '%' || $image || '%'
ORDER BY event_time DESC
