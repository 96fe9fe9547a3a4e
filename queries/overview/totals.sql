/*
title = "What is there"
question = "How many events are there, of when, and of how many accounts, regions, services and callers?"
*/
SELECT
  count(*) AS events,
  min(eventTime) AS first_event,
  max(eventTime) AS last_event,
  count(DISTINCT recipientAccountId) AS accounts,
  count(DISTINCT awsRegion) AS regions,
  count(DISTINCT eventSource) AS services,
  count(DISTINCT eventName) AS event_names,
  count(DISTINCT principal(userIdentity)) AS principals,
  count(DISTINCT sourceIPAddress) AS addresses,
  count(errorCode) AS errors,
  count_if(NOT readOnly) AS writes,
  count_if(eventCategory = 'Management') AS management_events,
  count_if(eventCategory = 'Data') AS data_events
FROM event_data_store
WHERE eventTime IS NULL OR (eventTime >= $from AND eventTime < $to)
