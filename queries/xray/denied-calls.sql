/*
title = "Denied X-Ray calls"
question = "Who lacks which X-Ray permission?"
chart = "bar"
*/
SELECT coalesce(regexp_extract(errorMessage, 'perform: (xray:\w+)', 1), 'xray:' || eventName) AS action, count(*) AS calls,
  coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn, userIdentity.accountId) AS principal,
  userIdentity.invokedBy AS invoked_by, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND errorCode LIKE 'AccessDenied%'
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 3, 4
ORDER BY calls DESC
