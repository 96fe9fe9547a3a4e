/*
title = "Temporary credentials"
question = "Was a request made with temporary security credentials of a role or of a federated user?"
*/
SELECT CASE
    WHEN identity_type = 'FederatedUser' THEN 'federated user'
    WHEN identity_type = 'AssumedRole' OR session IS NOT NULL THEN 'role'
    WHEN identity_type IN ('IAMUser', 'Root') AND access_key LIKE 'ASIA%' THEN 'session of a user'
    ELSE 'none' END AS kind,
  identity_type, role AS principal, session, identity_provider AS provider, count(*) AS calls,
  min(event_time) AS first_seen, max(event_time) AS last_seen
FROM xray_events
WHERE event_time >= $from AND event_time < $to
GROUP BY 1, 2, 3, 4, 5
ORDER BY kind = 'none', calls DESC, principal, session
