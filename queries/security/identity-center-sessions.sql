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
SELECT session_name(userIdentity) AS person, count(*) AS calls, count_if(readOnly = false) AS writes,
  count_if(errorCode IS NOT NULL) AS errors, count(DISTINCT recipientAccountId) AS accounts,
  count(DISTINCT principal(userIdentity)) AS roles, count(DISTINCT sourceIPAddress) AS addresses,
  min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE userIdentity.arn LIKE '%:assumed-role/AWSReservedSSO!_%' ESCAPE '!'
  AND eventTime >= $from AND eventTime < $to
  AND session_name(userIdentity) LIKE $person
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
