/*
title = "Where an identity called from"
question = "From which addresses and with which programs and keys did this identity call?"

[parameters.principal]
type = "varchar"
about = "ARN of the identity; without one, the one that changed most"
*/
SELECT sourceIPAddress AS address, userAgent AS user_agent, userIdentity.accessKeyId AS access_key,
  userIdentity.sessionContext.attributes.mfaAuthenticated AS mfa, count(*) AS calls, count(errorCode) AS errors,
  min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND caller(userIdentity) = coalesce($principal, (
    SELECT caller(userIdentity) FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to AND readOnly = false AND managementEvent
      AND coalesce(userIdentity.type, '') <> 'AWSService' AND caller(userIdentity) IS NOT NULL
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1))
GROUP BY 1, 2, 3, 4
ORDER BY first_seen
