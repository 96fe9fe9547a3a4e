CASE
  WHEN identity.arn LIKE '%:assumed-role/%/%' THEN element_at(split(identity.arn, '/', 3), 3)
  WHEN identity.arn LIKE '%:federated-user/%' THEN element_at(split(identity.arn, '/', 2), 2)
  WHEN identity.type IN ('AssumedRole', 'FederatedUser') OR identity.principalId LIKE 'AROA%'
    THEN element_at(split(identity.principalId, ':', 2), 2)
END
