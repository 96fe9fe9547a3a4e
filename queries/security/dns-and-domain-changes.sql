/*
title = "Changes of DNS and domains"
question = "Who changed records, zones and their networks, or unlocked and transferred domains?"
techniques = ["T1584.001"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'domainName'), element_at(requestParameters, 'hostedZoneId'),
    element_at(requestParameters, 'name'), element_at(requestParameters, 'resolverRuleId')) AS subject,
  coalesce(element_at(requestParameters, 'changeBatch'), element_at(requestParameters, 'vPC'),
    element_at(requestParameters, 'accountId')) AS change,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('route53.amazonaws.com', 'route53domains.amazonaws.com', 'route53resolver.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND NOT regexp_like(eventName, '^(Get|List|Describe|Check|View|Test|Retrieve)')
  AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
LIMIT $limit
