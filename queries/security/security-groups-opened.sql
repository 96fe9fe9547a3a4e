/*
title = "Security groups open to the world"
question = "Which security groups were opened to the whole internet, and on which ports?"
techniques = ["T1562.007"]

[parameters.port]
type = "bigint"
about = "Only rules that contain this port"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal,
  coalesce(element_at(requestParameters, 'groupId'), element_at(requestParameters, 'groupName')) AS security_group,
  json_extract_scalar(r.rule, '$.ipProtocol') AS protocol, json_extract_scalar(r.rule, '$.fromPort') AS from_port,
  json_extract_scalar(r.rule, '$.toPort') AS to_port, errorCode AS error
FROM event_data_store
CROSS JOIN UNNEST(coalesce(TRY(CAST(json_extract(element_at(requestParameters, 'ipPermissions'), '$.items') AS array(json))),
  ARRAY[CAST(requestParameters AS json)])) AS r (rule)
WHERE eventSource = 'ec2.amazonaws.com' AND eventName IN ('AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules')
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(json_format(r.rule), '0\.0\.0\.0/0|"::/0|\\"::/0')
  AND ($port IS NULL OR json_extract_scalar(r.rule, '$.fromPort') IS NULL
    OR $port BETWEEN TRY_CAST(json_extract_scalar(r.rule, '$.fromPort') AS bigint)
      AND TRY_CAST(json_extract_scalar(r.rule, '$.toPort') AS bigint))
  AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
