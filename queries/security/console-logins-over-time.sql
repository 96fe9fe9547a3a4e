/*
title = "Console sign-ins over time"
question = "How many console sign-ins succeed and fail, with and without multi-factor authentication?"
chart = "line"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"

[parameters.result]
type = "varchar"
default = "%"
about = "Success, Failure or a pattern"
*/
SELECT date_trunc($unit, eventTime) AS time,
  element_at(responseElements, 'ConsoleLogin')
    || IF(element_at(additionalEventData, 'MFAUsed') = 'Yes', ' with MFA', ' without MFA') AS outcome,
  count(*) AS logins, count(DISTINCT sourceIPAddress) AS addresses
FROM event_data_store
WHERE eventSource = 'signin.amazonaws.com' AND eventName = 'ConsoleLogin'
  AND eventTime >= $from AND eventTime < $to
  AND element_at(responseElements, 'ConsoleLogin') LIKE $result
GROUP BY 1, 2
ORDER BY time, outcome
