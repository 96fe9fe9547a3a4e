/*
title = "Console sessions that changed something"
question = "Which console sessions changed something, how much, and was multi-factor authentication used?"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT caller(userIdentity) AS principal, userIdentity.sessionContext.attributes.creationDate AS signed_in,
  count_if(readOnly = false) AS changes, count(*) AS calls,
  max(userIdentity.sessionContext.attributes.mfaAuthenticated) AS mfa, max(sourceIPAddress) AS address,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE sessionCredentialFromConsole = 'true'
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 2
HAVING count_if(readOnly = false) > 0
ORDER BY changes DESC, last_seen DESC
LIMIT $limit
