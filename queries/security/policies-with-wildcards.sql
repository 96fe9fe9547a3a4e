/*
title = "Policies that allow everything"
question = "Who wrote a policy that allows all actions, or all actions of a service, on every resource?"
techniques = ["T1098.003"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"
*/
WITH policies AS (
  SELECT eventTime AS event_time, recipientAccountId AS account,
    caller(userIdentity) AS principal,
    eventName AS event_name,
    coalesce(element_at(requestParameters, 'userName'), element_at(requestParameters, 'groupName'),
      element_at(requestParameters, 'roleName'), element_at(requestParameters, 'policyArn')) AS grantee,
    element_at(requestParameters, 'policyName') AS policy_name,
    TRY(json_parse(element_at(requestParameters, 'policyDocument'))) AS policy
  FROM event_data_store
  WHERE eventSource = 'iam.amazonaws.com'
    AND eventName IN ('PutUserPolicy', 'PutGroupPolicy', 'PutRolePolicy', 'CreatePolicy', 'CreatePolicyVersion')
    AND eventTime >= $from AND eventTime < $to
    AND errorCode IS NULL
)
SELECT event_time, account, principal, event_name, grantee, policy_name,
  json_format(json_extract(statement, '$.Action')) AS actions,
  json_format(json_extract(statement, '$.Resource')) AS resources,
  json_extract(statement, '$.Condition') IS NOT NULL AS conditional
FROM policies
CROSS JOIN UNNEST(coalesce(TRY_CAST(json_extract(policy, '$.Statement') AS array(json)),
  ARRAY[json_extract(policy, '$.Statement')])) AS s (statement)
WHERE json_extract_scalar(statement, '$.Effect') = 'Allow'
  AND regexp_like(json_format(json_extract(statement, '$.Action')), '"(\*|[a-z0-9*-]+:\*)"')
  AND regexp_like(json_format(json_extract(statement, '$.Resource')), '"\*"')
  AND principal LIKE $principal
ORDER BY event_time DESC
