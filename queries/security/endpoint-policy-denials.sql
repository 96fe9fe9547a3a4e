/*
title = "Calls denied by endpoint policies"
question = "Which calls did the policy of a VPC endpoint deny, and whose were they?"
chart = "bar"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source, such as s3.amazonaws.com or secretsmanager.amazonaws.com"
*/
SELECT vpcEndpointId AS endpoint, count(*) AS denied, eventSource AS event_source, eventName AS event_name,
  caller(userIdentity) AS principal, userIdentity.accountId AS caller_account,
  arbitrary(sourceIPAddress) AS address, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventCategory = 'NetworkActivity' AND errorCode = 'VpceAccessDenied'
  AND eventTime >= $from AND eventTime < $to
  AND eventSource LIKE $source
GROUP BY 1, 3, 4, 5, 6
ORDER BY denied DESC, last_seen DESC
