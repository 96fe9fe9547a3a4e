/*
title = "Ports opened to the world"
question = "Which ports were opened to the whole internet, and how often?"
techniques = ["T1562.007"]
chart = "bar"
*/
SELECT CASE WHEN json_extract_scalar(r.rule, '$.ipProtocol') = '-1' THEN 'all'
    ELSE coalesce(json_extract_scalar(r.rule, '$.fromPort'), 'all')
      || IF(json_extract_scalar(r.rule, '$.fromPort') <> json_extract_scalar(r.rule, '$.toPort'),
        '-' || json_extract_scalar(r.rule, '$.toPort'), '') END AS port,
  count(*) AS rules, count(DISTINCT element_at(requestParameters, 'groupId')) AS security_groups,
  count(DISTINCT recipientAccountId) AS accounts,
  max_by(caller(userIdentity), eventTime) AS last_principal, max(eventTime) AS last_seen
FROM event_data_store
CROSS JOIN UNNEST(coalesce(TRY(CAST(json_extract(element_at(requestParameters, 'ipPermissions'), '$.items') AS array(json))),
  ARRAY[CAST(requestParameters AS json)])) AS r (rule)
WHERE eventSource = 'ec2.amazonaws.com' AND eventName = 'AuthorizeSecurityGroupIngress' AND errorCode IS NULL
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(json_format(r.rule), '0\.0\.0\.0/0|"::/0|\\"::/0')
GROUP BY 1
ORDER BY rules DESC
