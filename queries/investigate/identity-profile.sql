/*
title = "The habits of an identity"
question = "Which calls does this identity make, how often, and since when?"
chart = "bar"

[parameters.principal]
type = "varchar"
about = "ARN of the identity; without one, the one that changed most"
*/
SELECT eventName AS event_name, count(*) AS calls, eventSource AS event_source, readOnly AS read_only, count(errorCode) AS errors,
  count(DISTINCT awsRegion) AS regions, count(DISTINCT sourceIPAddress) AS addresses, min(eventTime) AS first_seen,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND caller(userIdentity) = coalesce($principal, (
    SELECT caller(userIdentity) FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to AND readOnly = false AND managementEvent
      AND coalesce(userIdentity.type, '') <> 'AWSService' AND caller(userIdentity) IS NOT NULL
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1))
GROUP BY 1, 3, 4
ORDER BY calls DESC
