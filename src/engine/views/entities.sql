SELECT
  e.eventTime AS event_time,
  e.eventID AS event_id,
  t.kind AS kind,
  t.entity AS entity,
  t.place AS place,
  e.eventSource AS event_source,
  e.eventName AS event_name,
  e.awsRegion AS region,
  e.recipientAccountId AS account,
  caller(e.userIdentity) AS caller,
  e.errorCode AS error_code
FROM event_data_store AS e
CROSS JOIN UNNEST(
  concat(
    ARRAY[
      ROW('address', e.sourceIPAddress, 'sourceIPAddress'),
      ROW('principal', e.userIdentity.arn, 'userIdentity.arn'),
      ROW('principal', e.userIdentity.sessionContext.sessionIssuer.arn, 'userIdentity.sessionContext.sessionIssuer.arn'),
      ROW('access key', e.userIdentity.accessKeyId, 'userIdentity.accessKeyId'),
      ROW('access key', json_extract_scalar(element_at(e.responseElements, 'accessKey'), '$.accessKeyId'), 'responseElements.accessKey'),
      ROW('access key', json_extract_scalar(element_at(e.responseElements, 'credentials'), '$.accessKeyId'), 'responseElements.credentials'),
      ROW('account', e.userIdentity.accountId, 'userIdentity.accountId'),
      ROW('account', e.recipientAccountId, 'recipientAccountId'),
      ROW('user agent', e.userAgent, 'userAgent')
    ],
    coalesce(transform(e.resources, r -> ROW('resource', r.arn, 'resources')), ARRAY[]),
    coalesce(transform(
      filter(map_entries(e.requestParameters), p -> p[1] IN ('bucketName', 'userName', 'roleName', 'roleArn', 'groupName',
        'functionName', 'instanceId', 'keyId', 'secretId', 'name', 'trailName', 'policyArn', 'dBInstanceIdentifier', 'tableName',
        'topicArn', 'queueUrl', 'ruleName', 'logGroupName', 'clusterName', 'repositoryName')),
      p -> ROW('resource', p[2], 'requestParameters.' || p[1])), ARRAY[]))) AS t (kind, entity, place)
WHERE t.entity IS NOT NULL
