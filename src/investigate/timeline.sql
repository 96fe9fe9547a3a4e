SELECT
  eventTime AS time,
  eventID AS id,
  eventSource AS source,
  eventName AS name,
  coalesce(sourceIPAddress, '') AS address,
  awsRegion AS region,
  userIdentity.accessKeyId AS access_key,
  caller(userIdentity) AS caller,
  userIdentity.accountId AS account,
  recipientAccountId AS owner,
  userAgent AS agent,
  coalesce(errorCode, IF(element_at(responseElements, 'ConsoleLogin') = 'Failure', 'Failure')) AS error,
  errorMessage AS message,
  readOnly AS read_only,
  element_at(additionalEventData, 'MFAUsed') AS mfa,
  coalesce(
    element_at(requestParameters, 'roleArn'), element_at(requestParameters, 'userName'),
    element_at(requestParameters, 'roleName'), element_at(requestParameters, 'bucketName'),
    element_at(requestParameters, 'secretId'), element_at(requestParameters, 'keyId'),
    element_at(requestParameters, 'functionName'), element_at(requestParameters, 'instanceId'),
    element_at(requestParameters, 'groupName'), element_at(requestParameters, 'groupId'),
    element_at(requestParameters, 'name'), element_at(requestParameters, 'ruleName'),
    element_at(requestParameters, 'policyName'), element_at(requestParameters, 'trailName'),
    element_at(requestParameters, 'tableName'), element_at(requestParameters, 'logGroupName'),
    resources[1].arn) AS subject,
  -- What tells the order of events of one moment, if something was made then.
  IF(max(IF(makes, 1, 0)) OVER (PARTITION BY eventTime) = 1, requestParameters) AS request,
  IF(makes, responseElements) AS response,
  own
FROM (
  SELECT *, any_match(
    ARRAY[
      caller(userIdentity), principal(userIdentity), element_at(split(principal(userIdentity), '/'), -1),
      session_name(userIdentity), userIdentity.userName, userIdentity.principalId, userIdentity.accessKeyId,
      userIdentity.onBehalfOf.userId, IF(userIdentity.type = 'AWSService', userIdentity.invokedBy)
    ],
    name -> coalesce(name LIKE $principal ESCAPE '\', false)) AS own,
    errorCode IS NULL AND responseElements IS NOT NULL AND regexp_like(
      eventName, '^(Allocate|Assume|Copy|Create|Get|Import|Issue|Launch|Publish|Register|Request|Run|Start|Upload)'
    ) AS makes
  FROM event_data_store
  WHERE ($from IS NULL OR eventTime >= $from) AND ($to IS NULL OR eventTime < $to)
)
WHERE own
  OR (element_at(requestParameters, 'userName') LIKE $name ESCAPE '\' AND NOT coalesce(readOnly, false))
  OR (element_at(requestParameters, 'roleName') LIKE $name ESCAPE '\' AND NOT coalesce(readOnly, false))
  OR element_at(requestParameters, 'roleArn') LIKE $principal ESCAPE '\'
ORDER BY eventTime, eventID
