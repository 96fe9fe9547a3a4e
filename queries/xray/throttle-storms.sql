/*
title = "Throttle storms"
question = "When did X-Ray throttle one account and region heavily?"

[parameters.percent]
type = "double"
default = "10"
about = "Least share of throttled calls in ten minutes, in percent"
*/
SELECT date_add('minute', -(minute(event_time) % 10), date_trunc('minute', event_time)) AS ten_minutes,
  account, region, count_if(throttled) AS throttled, count(*) AS calls, round(1e2 * count_if(throttled) / count(*), 1) AS percent
FROM xray_events
WHERE event_time >= $from AND event_time < $to
GROUP BY 1, 2, 3
HAVING count_if(throttled) > 1 AND 1e2 * count_if(throttled) / count(*) >= $percent
ORDER BY throttled DESC, ten_minutes, account, region
