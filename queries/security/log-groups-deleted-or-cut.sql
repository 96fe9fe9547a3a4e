/*
title = "Log groups deleted or cut short"
question = "Which log groups, streams and filters were deleted, or keep their events for fewer days?"
techniques = ["T1562.008"]

[parameters.days]
type = "bigint"
default = "30"
about = "A retention below these days is shown"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, element_at(requestParameters, 'logGroupName') AS log_group,
  element_at(requestParameters, 'retentionInDays') AS retention_days, errorCode AS error
FROM event_data_store
WHERE eventSource = 'logs.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND (eventName IN ('DeleteLogGroup', 'DeleteLogStream', 'DeleteMetricFilter', 'DeleteSubscriptionFilter', 'DeleteDestination', 'DeleteDelivery',
      'DeleteResourcePolicy', 'DisassociateKmsKey', 'DeleteDataProtectionPolicy')
    OR eventName = 'PutRetentionPolicy' AND TRY_CAST(element_at(requestParameters, 'retentionInDays') AS bigint) < $days)
ORDER BY event_time DESC
