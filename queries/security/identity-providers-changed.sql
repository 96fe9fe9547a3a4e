/*
title = "Identity providers changed"
question = "Who added or changed an identity provider or trust anchor that can issue credentials?"
techniques = ["T1484.002"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'url'), element_at(requestParameters, 'name'),
    element_at(requestParameters, 'openIDConnectProviderArn'), element_at(requestParameters, 'sAMLProviderArn'),
    element_at(requestParameters, 'trustAnchorId'), element_at(requestParameters, 'profileId')) AS provider,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('iam.amazonaws.com', 'rolesanywhere.amazonaws.com', 'sso.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND (regexp_like(eventName, '^(Create|Update|Delete|Add|Remove).*(OpenIDConnectProvider|SAMLProvider|IDFromOpenIDConnect|IDToOpenIDConnect)')
    OR eventSource = 'rolesanywhere.amazonaws.com' AND regexp_like(eventName, '^(Create|Update|Delete|Enable|Import)')
    OR eventName IN ('EnableExternalIdPConfigurationForDirectory', 'UpdateExternalIdPConfigurationForDirectory',
      'ImportExternalIdPCertificate'))
ORDER BY event_time DESC
