/*
title = "Event selectors of trails"
question = "Which trails were told to record less: no management events, only reads or writes, services left out?"
techniques = ["T1562.008"]

[parameters.all]
type = "boolean"
default = "false"
about = "Whether to show every change, not only those that leave something out"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  element_at(requestParameters, 'trailName') AS trail,
  regexp_like(selectors, '"includeManagementEvents":false') AS no_management_events,
  regexp_like(selectors, '"readWriteType":"(ReadOnly|WriteOnly)"|"readOnly"') AS reads_or_writes_only,
  selectors, errorCode AS error
FROM (
  SELECT *,
    coalesce(element_at(requestParameters, 'eventSelectors'),
      element_at(requestParameters, 'advancedEventSelectors')) AS selectors
  FROM event_data_store
  WHERE eventSource = 'cloudtrail.amazonaws.com' AND eventName = 'PutEventSelectors'
    AND eventTime >= $from AND eventTime < $to
)
WHERE $all OR coalesce(selectors, '[]') = '[]'
  OR regexp_like(selectors,
    '"includeManagementEvents":false|"readWriteType":"(ReadOnly|WriteOnly)"|"excludeManagementEventSources":\["|"not(Equals|StartsWith|EndsWith)":\["|"field":"(readOnly|eventName|eventSource|userIdentity.arn)"')
ORDER BY event_time DESC
