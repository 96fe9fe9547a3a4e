/*
title = "Changes of tags"
question = "Who changed tags of which resources?"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal,
  eventSource AS event_source, eventName AS event_name,
  coalesce(element_at(requestParameters, 'resourcesSet'), element_at(requestParameters, 'resourceARN'),
    element_at(requestParameters, 'resourceArn'), element_at(requestParameters, 'resource'),
    element_at(requestParameters, 'resourceName'), element_at(requestParameters, 'bucketName'),
    element_at(requestParameters, 'roleName'), element_at(requestParameters, 'userName'),
    element_at(requestParameters, 'instanceProfileName'), element_at(requestParameters, 'keyId'),
    element_at(requestParameters, 'resourceId')) AS resource,
  coalesce(element_at(requestParameters, 'tagSet'), element_at(requestParameters, 'tags'),
    element_at(requestParameters, 'Tagging'), element_at(requestParameters, 'tagKeys')) AS tags,
  errorCode AS error
FROM event_data_store
WHERE readOnly = false
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(eventName,
    '^(Tag|Untag|AddTags|RemoveTags|CreateTags|DeleteTags|PutBucketTagging|DeleteBucketTagging|PutObjectTagging|CreateOrUpdateTags|ChangeTags)')
  AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
LIMIT $limit
