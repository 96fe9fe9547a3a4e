/*
title = "Alarms removed"
question = "Who deleted or silenced alarms of CloudWatch?"
techniques = ["T1562.001"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'alarmNames'), element_at(requestParameters, 'alarmName'),
    element_at(requestParameters, 'dashboardNames'), element_at(requestParameters, 'name')) AS alarms,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 'monitoring.amazonaws.com'
  AND eventName IN ('DeleteAlarms', 'DisableAlarmActions', 'SetAlarmState', 'DeleteAnomalyDetector', 'DeleteInsightRules',
    'DisableInsightRules', 'StopMetricStreams', 'DeleteMetricStream', 'DeleteDashboards')
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
