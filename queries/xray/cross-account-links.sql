/*
title = "Links and sinks across accounts"
question = "Which links and sinks of cross-account observability were made, changed or removed, and do they share traces?"
*/
SELECT event_time, account, region, event_name, principal, sink, link, element_at(split(sink, ':'), 5) AS sink_account, label,
  strpos(types, 'AWS::XRay::Trace') > 0 AS traces, error, event_id
FROM (
  SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region, eventName AS event_name,
    caller(userIdentity) AS principal,
    coalesce(element_at(requestParameters, 'sinkIdentifier'), element_at(responseElements, 'sinkArn'),
      IF(eventName LIKE '%Sink%', coalesce(element_at(requestParameters, 'identifier'), element_at(responseElements, 'arn')))) AS sink,
    IF(eventName LIKE '%Link%', coalesce(element_at(responseElements, 'arn'), element_at(requestParameters, 'identifier'))) AS link,
    coalesce(element_at(responseElements, 'label'), element_at(requestParameters, 'labelTemplate'),
      element_at(requestParameters, 'name'), element_at(responseElements, 'name')) AS label,
    coalesce(element_at(requestParameters, 'resourceTypes'), element_at(responseElements, 'resourceTypes')) AS types,
    errorCode AS error, eventID AS event_id
  FROM event_data_store
  WHERE eventSource = 'oam.amazonaws.com'
    AND eventName IN ('CreateSink', 'DeleteSink', 'PutSinkPolicy', 'CreateLink', 'UpdateLink', 'DeleteLink')
    AND eventTime >= $from AND eventTime < $to
)
ORDER BY event_time DESC, event_id DESC
