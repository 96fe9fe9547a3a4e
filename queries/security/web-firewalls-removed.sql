/*
title = "Web firewalls removed"
question = "Who removed a web ACL, its rules, its logging, or a network firewall?"
techniques = ["T1562.007"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'name'), element_at(requestParameters, 'webACLId'),
    element_at(requestParameters, 'resourceArn'), element_at(requestParameters, 'firewallName')) AS what,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('wafv2.amazonaws.com', 'waf.amazonaws.com', 'waf-regional.amazonaws.com', 'network-firewall.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND (regexp_like(eventName, '^(Delete|Disassociate)')
    OR eventName IN ('UpdateWebACL', 'UpdateLoggingConfiguration', 'UpdateFirewallDeleteProtection'))
ORDER BY event_time DESC
