/*
title = "What federated users did"
question = "Which federated, SAML or web identity users were active, and what did they change?"
chart = "bar"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT caller(userIdentity) AS principal, count(*) AS calls,
  userIdentity.type AS identity_type, count_if(readOnly = false) AS writes, count_if(errorCode IS NOT NULL) AS errors,
  count(DISTINCT eventSource) AS services, count(DISTINCT sourceIPAddress) AS addresses, min(eventTime) AS first_seen,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE userIdentity.type IN ('FederatedUser', 'SAMLUser', 'WebIdentityUser')
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 3
ORDER BY calls DESC
LIMIT $limit
