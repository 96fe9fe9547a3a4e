/*
title = "Segments in a call"
question = "How many segments do calls carry, and how often is a batch full?"
chart = "bar"

[parameters.role]
type = "varchar"
default = "%"
about = "Pattern of the sender's role name"
*/
SELECT CASE WHEN segments = 0 THEN '0' WHEN segments = 1 THEN '1' WHEN segments <= 5 THEN '2 to 5'
  WHEN segments <= 20 THEN '6 to 20'
    WHEN segments <= 49 THEN '21 to 49' ELSE '50 or more' END AS segments_in_call,
  count(*) AS calls, sum(segments) AS segments, min(segments) AS smallest
FROM (
  SELECT json_array_length(element_at(requestParameters, 'traceSegmentDocuments')) AS segments
  FROM event_data_store
  WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments' AND errorCode IS NULL
    AND eventTime >= $from AND eventTime < $to
    AND coalesce(userIdentity.sessionContext.sessionIssuer.userName, '') LIKE $role
)
GROUP BY 1
ORDER BY smallest
