/*
title = "Throttle storms"
question = "When did X-Ray throttle one account and region heavily?"

[parameters.percent]
type = "double"
default = "10"
about = "Least share of throttled calls in ten minutes, in percent"
*/
SELECT date_add('minute', -(minute(eventTime) % 10), date_trunc('minute', eventTime)) AS ten_minutes,
  recipientAccountId AS account, awsRegion AS region, count_if(errorCode LIKE 'Throttl%') AS throttled, count(*) AS calls,
  round(1e2 * count_if(errorCode LIKE 'Throttl%') / count(*), 1) AS percent
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 2, 3
HAVING count_if(errorCode LIKE 'Throttl%') > 1 AND 1e2 * count_if(errorCode LIKE 'Throttl%') / count(*) >= $percent
ORDER BY throttled DESC
