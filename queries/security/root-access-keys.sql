/*
title = "Access keys of root"
question = "Was an access key of root made, changed or used?"
techniques = ["T1098.001"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, eventSource AS event_source, eventName AS event_name,
  coalesce(json_extract_scalar(element_at(responseElements, 'accessKey'), '$.accessKeyId'),
    element_at(requestParameters, 'accessKeyId'), userIdentity.accessKeyId) AS access_key,
  sourceIPAddress AS address, errorCode AS error
FROM event_data_store
WHERE userIdentity.type = 'Root'
  AND eventTime >= $from AND eventTime < $to
  AND (userIdentity.accessKeyId LIKE 'AKIA%'
    OR eventSource = 'iam.amazonaws.com' AND eventName IN ('CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey')
      AND coalesce(element_at(requestParameters, 'userName'), 'root') = 'root')
ORDER BY event_time DESC
