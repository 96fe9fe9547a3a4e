/*
title = "Event data stores stopped or deleted"
question = "Who stopped, deleted, unprotected or changed an event data store of CloudTrail Lake?"
techniques = ["T1562.008"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, element_at(requestParameters, 'eventDataStore') AS event_data_store,
  element_at(requestParameters, 'terminationProtectionEnabled') AS termination_protection,
  element_at(requestParameters, 'retentionPeriod') AS retention_days, errorCode AS error
FROM event_data_store
WHERE eventSource = 'cloudtrail.amazonaws.com'
  AND eventName IN ('StopEventDataStoreIngestion', 'StartEventDataStoreIngestion', 'DeleteEventDataStore', 'UpdateEventDataStore',
    'CreateEventDataStore', 'RestoreEventDataStore', 'DisableFederation', 'DeleteChannel', 'UpdateChannel')
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
