-- Who makes the commonest call: a filter, and a group by a leaf three structs deep.
-- {busy_event}: the commonest event name, PutTraceSegments in synthetic logs.
SELECT userIdentity.sessionContext.sessionIssuer.arn AS role, count(*) AS calls
FROM event_data_store
WHERE eventName = {busy_event}
GROUP BY userIdentity.sessionContext.sessionIssuer.arn
ORDER BY calls DESC, role;
