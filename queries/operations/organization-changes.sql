/*
title = "Changes of the organization"
question = "Which accounts, units, policies and delegations of the organization were changed?"

[parameters.event]
type = "varchar"
default = "%"
about = "Pattern of the event's name, such as %Policy% for service control policies"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'accountId'), element_at(requestParameters, 'targetId'),
    element_at(requestParameters, 'accountName'), element_at(requestParameters, 'organizationalUnitId'),
    element_at(requestParameters, 'servicePrincipal')) AS subject,
  coalesce(element_at(requestParameters, 'policyId'), element_at(requestParameters, 'destinationParentId'),
    element_at(requestParameters, 'name'), element_at(requestParameters, 'policyType')) AS detail,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('organizations.amazonaws.com', 'controltower.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND NOT regexp_like(eventName, '^(List|Describe|Get)') AND eventName LIKE $event
ORDER BY event_time DESC
