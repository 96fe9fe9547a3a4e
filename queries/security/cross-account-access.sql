/*
title = "Access from other accounts"
question = "Which other accounts call into ours, and what do they do?"
techniques = ["T1199"]

[parameters.caller]
type = "varchar"
default = "%"
about = "Pattern of the caller's account id"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT userIdentity.accountId AS caller_account, recipientAccountId AS account, eventSource AS event_source,
  eventName AS event_name,
  count(*) AS calls, count_if(errorCode IS NOT NULL) AS errors,
  arbitrary(caller(userIdentity)) AS a_caller,
  min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND userIdentity.accountId <> recipientAccountId AND userIdentity.accountId LIKE $caller
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC
LIMIT $limit
