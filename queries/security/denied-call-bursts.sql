/*
title = "Bursts of denied calls"
question = "Who was denied very often, or many different calls, within minutes?"
techniques = ["T1580"]

[parameters.operations]
type = "bigint"
default = "3"
about = "Least number of different calls that were denied"

[parameters.denied]
type = "bigint"
default = "20"
about = "Number of denied calls that is enough by itself"

[parameters.minutes]
type = "bigint"
default = "10"
about = "Length of a stretch in minutes, up to 60"
*/
SELECT date_add('minute', -(minute(eventTime) % $minutes), date_trunc('minute', eventTime)) AS from_time,
  caller(userIdentity) AS principal,
  count(DISTINCT eventSource || eventName) AS operations, count(*) AS denied,
  count(DISTINCT eventSource) AS services, arbitrary(sourceIPAddress) AS address, arbitrary(userAgent) AS user_agent
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND (errorCode LIKE 'AccessDenied%' OR errorCode LIKE '%Unauthorized%')
GROUP BY 1, 2
HAVING count(DISTINCT eventSource || eventName) >= $operations OR count(*) >= $denied
ORDER BY operations DESC, denied DESC, from_time DESC
