/*
title = "GuardDuty weakened"
question = "Who deleted or changed a detector, or removed members, filters or destinations of GuardDuty?"
techniques = ["T1562.001"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, element_at(requestParameters, 'enable') AS enabled,
  json_format(CAST(requestParameters AS json)) AS request, errorCode AS error
FROM event_data_store
WHERE eventSource = 'guardduty.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND (regexp_like(eventName, '^(Delete|Disassociate|Stop|Archive|Disable)')
    OR eventName IN ('UpdateDetector', 'UpdateMemberDetectors', 'UpdateOrganizationConfiguration', 'CreateFilter', 'UpdateFilter',
      'CreateIPSet', 'UpdateIPSet'))
ORDER BY event_time DESC
