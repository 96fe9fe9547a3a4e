/*
title = "Segments sent by role"
question = "Which roles send segments, and how many in each stretch of time?"
chart = "line"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"

[parameters.role]
type = "varchar"
default = "%"
about = "Pattern of the sender's role name"
*/
SELECT date_trunc($unit, eventTime) AS time, userIdentity.sessionContext.sessionIssuer.userName AS role,
  sum(json_array_length(element_at(requestParameters, 'traceSegmentDocuments'))) AS segments, count(*) AS calls
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments' AND errorCode IS NULL
  AND eventTime >= $from AND eventTime < $to
  AND userIdentity.sessionContext.sessionIssuer.userName LIKE $role
GROUP BY 1, 2
ORDER BY time, segments DESC
