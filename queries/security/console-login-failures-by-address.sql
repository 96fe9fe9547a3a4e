/*
title = "Failed console sign-ins by address"
question = "Which addresses fail to sign in to the console, and for how many users?"
techniques = ["T1110.003"]
chart = "bar"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT sourceIPAddress AS address, count(*) AS failures, count(DISTINCT userIdentity.userName) AS users,
  count(DISTINCT recipientAccountId) AS accounts, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'signin.amazonaws.com' AND eventName = 'ConsoleLogin'
  AND eventTime >= $from AND eventTime < $to
  AND element_at(responseElements, 'ConsoleLogin') = 'Failure'
GROUP BY 1
ORDER BY failures DESC
LIMIT $limit
