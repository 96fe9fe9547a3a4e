/*
title = "Segments that X-Ray refused"
question = "Which segments were accepted as a call and then not processed, and why?"
chart = "bar"

[parameters.role]
type = "varchar"
default = "%"
about = "Pattern of the sender's role name"
*/
SELECT json_extract_scalar(t.segment, '$.errorCode') AS error, count(*) AS segments,
  userIdentity.sessionContext.sessionIssuer.userName AS role, arbitrary(json_extract_scalar(t.segment, '$.message')) AS message,
  min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
CROSS JOIN UNNEST(CAST(json_parse(element_at(responseElements, 'unprocessedTraceSegments')) AS array(json))) AS t (segment)
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments'
  AND eventTime >= $from AND eventTime < $to
  AND element_at(responseElements, 'unprocessedTraceSegments') <> '[]'
  AND coalesce(userIdentity.sessionContext.sessionIssuer.userName, '') LIKE $role
GROUP BY 1, 3
ORDER BY segments DESC
