/*
title = "Security services disabled"
question = "Who disabled Security Hub, Macie, Inspector, Detective, Access Analyzer or parts of them?"
techniques = ["T1562.001"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventSource AS event_source, eventName AS event_name, json_format(CAST(requestParameters AS json)) AS request,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('securityhub.amazonaws.com', 'macie2.amazonaws.com', 'inspector2.amazonaws.com', 'inspector.amazonaws.com',
  'detective.amazonaws.com', 'access-analyzer.amazonaws.com', 'securitylake.amazonaws.com', 'auditmanager.amazonaws.com',
  'shield.amazonaws.com', 'fms.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND regexp_like(eventName, '^(Disable|BatchDisable|Delete|Disassociate|Deregister|Stop)')
ORDER BY event_time DESC
