/*
title = "Resource policies opened to others"
question = "Which keys, secrets, registries, stores and other resources got a policy for everyone or for another account?"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source, such as kms.amazonaws.com"
*/
WITH policies AS (
  SELECT eventTime AS event_time, recipientAccountId AS account,
    caller(userIdentity) AS principal, eventSource AS event_source,
    eventName AS event_name,
    coalesce(element_at(requestParameters, 'keyId'), element_at(requestParameters, 'secretId'),
      element_at(requestParameters, 'repositoryName'), element_at(requestParameters, 'resourceArn'),
      element_at(requestParameters, 'policyName'), element_at(requestParameters, 'vaultName'),
      element_at(requestParameters, 'backupVaultName'), element_at(requestParameters, 'domainName'),
      element_at(requestParameters, 'fileSystemId')) AS subject,
    TRY(json_parse(coalesce(element_at(requestParameters, 'policy'), element_at(requestParameters, 'resourcePolicy'),
      element_at(requestParameters, 'policyText'), element_at(requestParameters, 'policyDocument'),
      element_at(requestParameters, 'accessPolicies')))) AS policy
  FROM event_data_store
  WHERE eventName IN ('PutKeyPolicy', 'CreateKey', 'CreateGrant', 'PutResourcePolicy', 'SetRepositoryPolicy', 'PutRegistryPolicy',
    'SetVaultAccessPolicy', 'PutBackupVaultAccessPolicy', 'PutFileSystemPolicy', 'CreateDomain', 'UpdateDomainConfig',
    'UpdateElasticsearchDomainConfig', 'PutPolicy', 'PutRegistryCatalogData', 'PutDataCatalogEncryptionSettings',
    'PutPermissionPolicy', 'PutPermission')
    AND eventTime >= $from AND eventTime < $to
    AND eventSource LIKE $source AND eventSource <> 'xray.amazonaws.com' AND errorCode IS NULL
)
SELECT event_time, account, principal, event_source, subject,
  regexp_like(json_format(statement), '"Principal":("\*"|\{"AWS":\[?"\*")') AS everyone,
  array_join(array_distinct(filter(regexp_extract_all(json_format(json_extract(statement, '$.Principal')),
    '"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::[^"]*)?"', 1), id -> id <> account)), ' ') AS other_accounts,
    json_format(json_extract(statement, '$.Action')) AS actions,
  json_format(json_extract(statement, '$.Condition')) AS condition
FROM policies
CROSS JOIN UNNEST(coalesce(TRY_CAST(json_extract(policy, '$.Statement') AS array(json)),
  ARRAY[json_extract(policy, '$.Statement')])) AS s (statement)
WHERE json_extract_scalar(statement, '$.Effect') = 'Allow'
  AND (regexp_like(json_format(statement), '"Principal":("\*"|\{"AWS":\[?"\*")')
    OR cardinality(filter(regexp_extract_all(json_format(json_extract(statement, '$.Principal')),
    '"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::[^"]*)?"', 1), id -> id <> account)) > 0)
ORDER BY event_time DESC
