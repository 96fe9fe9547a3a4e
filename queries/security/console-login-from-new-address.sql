/*
title = "Console sign-ins from a new address"
question = "Who signed in to the console from an address that this user never signed in from before?"
techniques = ["T1078.004"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.days]
type = "bigint"
default = "30"
about = "Days before the newest sign-in to look at"
*/
WITH logins AS (
  SELECT caller(userIdentity) AS principal,
    recipientAccountId AS account, sourceIPAddress AS address, count(*) AS logins,
    min(eventTime) AS first_from_here, max(eventTime) AS last_from_here,
    min_by(element_at(additionalEventData, 'MFAUsed'), eventTime) AS mfa_used
  FROM event_data_store
  WHERE eventSource = 'signin.amazonaws.com' AND eventName = 'ConsoleLogin'
    AND eventTime >= $from AND eventTime < $to
    AND element_at(responseElements, 'ConsoleLogin') = 'Success'
  GROUP BY 1, 2, 3
)
SELECT first_from_here AS event_time, account, principal, address, logins, mfa_used, known_addresses, first_login
FROM (
  SELECT *, min(first_from_here) OVER (PARTITION BY account, principal) AS first_login,
    count(*) OVER (PARTITION BY account, principal ORDER BY first_from_here) - 1 AS known_addresses,
    max(last_from_here) OVER () AS newest
  FROM logins
)
WHERE known_addresses > 0 AND principal LIKE $principal
  AND first_from_here >= date_add('day', -$days, newest)
ORDER BY event_time DESC
