/*
title = "An identity over time"
question = "When was this identity active, reading and writing?"
chart = "line"

[parameters.principal]
type = "varchar"
about = "ARN of the identity; without one, the one that changed most"

[parameters.unit]
type = "varchar"
default = "hour"
about = "Length of a stretch: minute, hour, day, week or month"
*/
SELECT date_trunc($unit, eventTime) AS time,
  CASE WHEN errorCode IS NOT NULL THEN 'failed' WHEN readOnly = false THEN 'write' ELSE 'read' END AS kind, count(*) AS calls
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND caller(userIdentity) = coalesce($principal, (
    SELECT caller(userIdentity) FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to AND readOnly = false AND managementEvent
      AND coalesce(userIdentity.type, '') <> 'AWSService' AND caller(userIdentity) IS NOT NULL
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1))
GROUP BY 1, 2
ORDER BY time, kind
