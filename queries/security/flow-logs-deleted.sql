/*
title = "Flow logs deleted"
question = "Who deleted flow logs of a network?"
techniques = ["T1562.008"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  coalesce(element_at(requestParameters, 'DeleteFlowLogsRequest'), element_at(requestParameters, 'flowLogId')) AS flow_logs,
  userAgent AS user_agent, errorCode AS error
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com' AND eventName = 'DeleteFlowLogs'
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
