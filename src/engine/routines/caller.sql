coalesce(
  nullif(identity.arn, ''),
  coalesce(nullif(identity.onBehalfOf.identityStoreArn, '') || '/', '') || nullif(identity.onBehalfOf.userId, ''),
  IF(identity.type = 'AWSService', nullif(identity.invokedBy, '')),
  IF(identity.accountId <> '' AND NOT starts_with(identity.principalId, identity.accountId), identity.accountId || ':', '')
    || nullif(identity.principalId, ''),
  nullif(identity.invokedBy, ''),
  coalesce(nullif(identity.identityProvider, '') || ':', nullif(identity.accountId, '') || ':', '') || nullif(identity.userName, ''),
  nullif(identity.accountId, ''),
  nullif(identity.accessKeyId, ''),
  nullif(identity.identityProvider, ''),
  nullif(identity.type, ''))
