/*
title = "Roles opened to others"
question = "Which roles were made to trust everyone or another account?"
techniques = ["T1098"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"
*/
WITH policies AS (
  SELECT eventTime AS event_time, recipientAccountId AS account,
    caller(userIdentity) AS principal, eventName AS event_name,
    element_at(requestParameters, 'roleName') AS role,
    TRY(json_parse(coalesce(element_at(requestParameters, 'policyDocument'), element_at(requestParameters, 'assumeRolePolicyDocument')))) AS policy
  FROM event_data_store
  WHERE eventSource = 'iam.amazonaws.com' AND eventName IN ('UpdateAssumeRolePolicy', 'CreateRole')
    AND eventTime >= $from AND eventTime < $to
    AND errorCode IS NULL
)
SELECT event_time, account, principal, event_name, role,
  regexp_like(json_format(statement), '"Principal":("\*"|\{"AWS":\[?"\*")') AS everyone,
  array_join(array_distinct(filter(regexp_extract_all(json_format(json_extract(statement, '$.Principal')),
    '"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::[^"]*)?"', 1), id -> id <> account)), ' ') AS other_accounts,
  json_format(json_extract(statement, '$.Condition')) AS condition
FROM policies
CROSS JOIN UNNEST(coalesce(TRY_CAST(json_extract(policy, '$.Statement') AS array(json)),
  ARRAY[json_extract(policy, '$.Statement')])) AS s (statement)
WHERE json_extract_scalar(statement, '$.Effect') = 'Allow'
  AND (regexp_like(json_format(statement), '"Principal":("\*"|\{"AWS":\[?"\*")')
    OR cardinality(filter(regexp_extract_all(json_format(json_extract(statement, '$.Principal')),
    '"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::[^"]*)?"', 1), id -> id <> account)) > 0)
  AND principal LIKE $principal
ORDER BY event_time DESC
