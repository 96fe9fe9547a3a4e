/*
title = "Traces read at the console without MFA"
question = "Which people read traces at the console without multi-factor authentication?"
techniques = ["T1078.004"]
chart = "bar"
*/
SELECT userIdentity.arn AS principal, count(*) AS reads, userIdentity.sessionContext.attributes.mfaAuthenticated AS mfa,
  count(DISTINCT eventName) AS operations, max_by(sourceIPAddress, eventTime) AS last_address, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND sessionCredentialFromConsole = 'true'
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(readOnly, true)
  AND coalesce(userIdentity.sessionContext.attributes.mfaAuthenticated, 'false') = 'false'
GROUP BY 1, 3
ORDER BY reads DESC
