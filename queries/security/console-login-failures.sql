/*
title = "Failed console sign-ins"
question = "Whose sign-ins to the console failed, how often, and from where?"
techniques = ["T1110"]
chart = "bar"

[parameters.failures]
type = "bigint"
default = "1"
about = "Least number of failures"
*/
SELECT coalesce(userIdentity.userName, caller(userIdentity)) AS user_name, count(*) AS failures,
  recipientAccountId AS account, sourceIPAddress AS address, arbitrary(errorMessage) AS message,
  arbitrary(element_at(additionalEventData, 'MFAUsed')) AS mfa_used, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'signin.amazonaws.com' AND eventName = 'ConsoleLogin'
  AND eventTime >= $from AND eventTime < $to
  AND element_at(responseElements, 'ConsoleLogin') = 'Failure'
GROUP BY 1, 3, 4
HAVING count(*) >= $failures
ORDER BY failures DESC, last_seen DESC
