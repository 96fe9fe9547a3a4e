/*
title = "An event in full"
question = "What does this event say, field by field?"

[parameters.event]
type = "varchar"
about = "Id of the event; without one, the newest call that was denied"
*/
SELECT t.part, t.name, t.value
FROM (
  SELECT * FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to
    AND (eventID = $event OR $event IS NULL AND (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
      AND userIdentity.type <> 'AWSService')
  ORDER BY eventTime DESC LIMIT 1
)
CROSS JOIN UNNEST(
  zip_with(ARRAY['eventTime', 'eventSource', 'eventName', 'awsRegion', 'account', 'address', 'user agent', 'error', 'message', 'read only', 'TLS', 'endpoint'],
    ARRAY[CAST(eventTime AS varchar), eventSource, eventName, awsRegion, recipientAccountId, sourceIPAddress, userAgent,
      errorCode, errorMessage, CAST(readOnly AS varchar), tlsDetails.tlsVersion, vpcEndpointId],
    (k, v) -> ROW('1 event', k, v))
  || zip_with(ARRAY['type', 'arn', 'principal', 'account', 'access key', 'invoked by', 'role', 'MFA', 'session began'],
    ARRAY[userIdentity.type, userIdentity.arn, userIdentity.principalId, userIdentity.accountId, userIdentity.accessKeyId,
      userIdentity.invokedBy, userIdentity.sessionContext.sessionIssuer.arn,
      userIdentity.sessionContext.attributes.mfaAuthenticated,
      CAST(userIdentity.sessionContext.attributes.creationDate AS varchar)],
    (k, v) -> ROW('2 identity', k, v))
  || zip_with(coalesce(map_keys(requestParameters), ARRAY[]), coalesce(map_values(requestParameters), ARRAY[]),
    (k, v) -> ROW('3 request', k, v))
  || zip_with(coalesce(map_keys(responseElements), ARRAY[]), coalesce(map_values(responseElements), ARRAY[]),
    (k, v) -> ROW('4 response', k, v))
  || zip_with(coalesce(map_keys(additionalEventData), ARRAY[]), coalesce(map_values(additionalEventData), ARRAY[]),
    (k, v) -> ROW('5 additional', k, v))
  || transform(coalesce(resources, ARRAY[]), r -> ROW('6 resource', coalesce(r.type, ''), coalesce(r.arn, r.arnprefix)))
) AS t (part, name, value)
WHERE t.value IS NOT NULL
ORDER BY part, name
