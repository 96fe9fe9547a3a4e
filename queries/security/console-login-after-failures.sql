/*
title = "Guessed passwords"
question = "Which console sign-ins succeeded soon after several failures of the same user?"
techniques = ["T1110"]

[parameters.failures]
type = "bigint"
default = "3"
about = "Least number of failures before"

[parameters.minutes]
type = "bigint"
default = "60"
about = "Minutes in which they fail before the success"
*/
WITH logins AS (
  SELECT eventTime AS event_time, recipientAccountId AS account,
    coalesce(userIdentity.userName, caller(userIdentity)) AS user_name,
    element_at(responseElements, 'ConsoleLogin') AS result, sourceIPAddress AS address,
    element_at(additionalEventData, 'MFAUsed') AS mfa_used
  FROM event_data_store
  WHERE eventSource = 'signin.amazonaws.com' AND eventName = 'ConsoleLogin'
    AND eventTime >= $from AND eventTime < $to
)
SELECT s.event_time, s.account, s.user_name, s.address, s.mfa_used, count(*) AS failures,
  count(DISTINCT f.address) AS failing_addresses, min(f.event_time) AS first_failure
FROM logins s
JOIN logins f ON f.account = s.account AND f.user_name = s.user_name
WHERE s.result = 'Success' AND f.result = 'Failure'
  AND f.event_time <= s.event_time AND f.event_time >= date_add('minute', -$minutes, s.event_time)
GROUP BY 1, 2, 3, 4, 5
HAVING count(*) >= $failures
ORDER BY s.event_time DESC
