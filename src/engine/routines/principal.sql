CASE
  WHEN identity.type = 'FederatedUser' THEN caller(identity)
  ELSE coalesce(
    nullif(identity.sessionContext.sessionIssuer.arn, ''),
    IF(identity.arn LIKE 'arn:%:sts::%:assumed-role/%', regexp_replace(
      identity.arn, '^arn:([^:]*):sts::([^:]*):assumed-role/([^/]*)(?:/.*)?$', 'arn:$1:iam::$2:role/$3')),
    IF(coalesce(identity.arn, '') = '' AND coalesce(identity.onBehalfOf.userId, '') = '' AND identity.principalId LIKE 'AROA%:%',
      coalesce(nullif(identity.accountId, '') || ':', '') || split_part(identity.principalId, ':', 1)),
    caller(identity))
END
