/*
title = "EventBridge rules disabled"
question = "Who disabled, deleted or emptied rules of EventBridge?"
techniques = ["T1562.001"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, coalesce(element_at(requestParameters, 'name'), element_at(requestParameters, 'rule')) AS rule,
  element_at(requestParameters, 'ids') AS targets, errorCode AS error
FROM event_data_store
WHERE eventSource = 'events.amazonaws.com'
  AND eventName IN ('DisableRule', 'DeleteRule', 'RemoveTargets', 'DeleteEventBus', 'DeleteArchive', 'DeauthorizeEventSource')
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
