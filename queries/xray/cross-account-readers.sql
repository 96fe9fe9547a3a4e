/*
title = "Readers of another account's traces"
question = "Who reads X-Ray data of an account that is not their own?"

[parameters.caller]
type = "varchar"
default = "%"
about = "Pattern of the caller's account id"
*/
SELECT userIdentity.accountId AS caller_account, recipientAccountId AS owner_account,
  coalesce(userIdentity.arn, userIdentity.principalId) AS principal, eventName AS event_name, count(*) AS calls,
  min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND userIdentity.accountId <> recipientAccountId AND userIdentity.accountId LIKE $caller
  AND eventName NOT IN ('PutTraceSegments', 'PutTelemetryRecords', 'GetSamplingRules', 'GetSamplingTargets')
  AND coalesce(readOnly, true)
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC
