/*
title = "AWS Config stopped"
question = "Who stopped or deleted recorders, rules or delivery channels of AWS Config?"
techniques = ["T1562.001"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'configurationRecorderName'), element_at(requestParameters, 'configRuleName'),
    element_at(requestParameters, 'deliveryChannelName'), element_at(requestParameters, 'conformancePackName'),
    element_at(requestParameters, 'configurationAggregatorName'),
    element_at(requestParameters, 'organizationConfigRuleName')) AS what,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 'config.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND (eventName LIKE 'Delete%' OR eventName LIKE 'Stop%' OR eventName = 'PutConfigurationRecorder')
ORDER BY event_time DESC
