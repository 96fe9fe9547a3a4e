/*
title = "Instances started and stopped"
question = "How many instances are launched, started, stopped and terminated in each stretch of time?"
chart = "line"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT date_trunc($unit, eventTime) AS time, eventName AS event_name, count(*) AS calls, count(errorCode) AS errors,
  approx_distinct(caller(userIdentity)) AS principals
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com'
  AND eventName IN ('RunInstances', 'StartInstances', 'StopInstances', 'RebootInstances', 'TerminateInstances',
    'RequestSpotInstances', 'CreateFleet')
  AND eventTime >= $from AND eventTime < $to
  AND recipientAccountId LIKE $account
GROUP BY 1, 2
ORDER BY time, event_name
