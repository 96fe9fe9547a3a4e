/*
title = "Identity Center sessions"
question = "What did each person do through the roles of IAM Identity Center?"
chart = "bar"

[parameters.person]
type = "varchar"
default = "%"
about = "Pattern of the session's name, mostly an e-mail address"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT regexp_extract(userIdentity.arn, '[^/]+$') AS person, count(*) AS calls, count_if(readOnly = false) AS writes,
  count_if(errorCode IS NOT NULL) AS errors, count(DISTINCT recipientAccountId) AS accounts,
  count(DISTINCT userIdentity.sessionContext.sessionIssuer.userName) AS roles, count(DISTINCT sourceIPAddress) AS addresses,
  min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE userIdentity.arn LIKE '%:assumed-role/AWSReservedSSO!_%' ESCAPE '!'
  AND eventTime >= $from AND eventTime < $to
  AND userIdentity.arn LIKE '%/' || $person
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
