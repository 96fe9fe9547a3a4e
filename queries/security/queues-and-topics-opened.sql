/*
title = "Queues and topics opened to others"
question = "Which queues and topics were opened to everyone or to another account?"
*/
WITH policies AS (
  SELECT eventTime AS event_time, recipientAccountId AS account,
    caller(userIdentity) AS principal, eventName AS event_name,
    coalesce(element_at(requestParameters, 'queueUrl'), element_at(requestParameters, 'queueName'),
      element_at(requestParameters, 'topicArn'), element_at(requestParameters, 'name')) AS subject,
    coalesce(element_at(requestParameters, 'aWSAccountIds'), element_at(requestParameters, 'aWSAccountId')) AS accounts,
    coalesce(TRY(json_parse(coalesce(json_extract_scalar(element_at(requestParameters, 'attributes'), '$.Policy'),
      json_extract_scalar(element_at(requestParameters, 'attribute'), '$.Policy'),
      IF(element_at(requestParameters, 'attributeName') = 'Policy', element_at(requestParameters, 'attributeValue'))))),
      JSON '{}') AS policy
  FROM event_data_store
  WHERE eventSource IN ('sqs.amazonaws.com', 'sns.amazonaws.com')
    AND eventName IN ('SetQueueAttributes', 'CreateQueue', 'AddPermission', 'SetTopicAttributes', 'CreateTopic')
    AND eventTime >= $from AND eventTime < $to
    AND errorCode IS NULL
)
SELECT event_time, account, principal, event_name, subject,
  coalesce(regexp_like(json_format(statement), '"Principal":("\*"|\{"AWS":\[?"\*")'), false) AS everyone,
  coalesce(accounts, array_join(array_distinct(filter(regexp_extract_all(json_format(json_extract(statement, '$.Principal')),
    '"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::[^"]*)?"', 1), id -> id <> account)), ' ')) AS other_accounts,
    json_format(json_extract(statement, '$.Condition')) AS condition
FROM policies
CROSS JOIN UNNEST(coalesce(TRY_CAST(json_extract(policy, '$.Statement') AS array(json)),
  ARRAY[json_extract(policy, '$.Statement')])) AS s (statement)
WHERE accounts IS NOT NULL
  OR json_extract_scalar(statement, '$.Effect') = 'Allow'
  AND (regexp_like(json_format(statement), '"Principal":("\*"|\{"AWS":\[?"\*")')
    OR cardinality(filter(regexp_extract_all(json_format(json_extract(statement, '$.Principal')),
    '"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::[^"]*)?"', 1), id -> id <> account)) > 0)
ORDER BY event_time DESC
