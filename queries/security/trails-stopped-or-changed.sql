/*
title = "Trails stopped or changed"
question = "Who stopped, deleted or changed a trail, its key, its bucket or its regions?"
techniques = ["T1562.008"]

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name, coalesce(element_at(requestParameters, 'name'), element_at(requestParameters, 'trailName')) AS trail,
  json_format(CAST(map_filter(requestParameters, (k, v) -> k NOT IN ('name', 'trailName')) AS json)) AS settings,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 'cloudtrail.amazonaws.com'
  AND eventName IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'CreateTrail', 'StartLogging', 'PutEventSelectors',
    'PutInsightSelectors', 'DeleteResourcePolicy', 'DeregisterOrganizationDelegatedAdmin')
  AND eventTime >= $from AND eventTime < $to
  AND recipientAccountId LIKE $account
ORDER BY event_time DESC
