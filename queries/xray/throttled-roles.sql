/*
title = "Throttled X-Ray callers"
question = "Whom does X-Ray throttle, where, and how much of their calls?"

[parameters.percent]
type = "double"
default = "0"
about = "Least share of throttled calls, in percent"
*/
SELECT role, region, account, count_if(throttled) AS throttled, count(*) AS calls,
  round(1e2 * count_if(throttled) / count(*), 2) AS percent, max(IF(throttled, event_time)) AS last_throttled
FROM xray_events
WHERE event_time >= $from AND event_time < $to
GROUP BY 1, 2, 3
HAVING count_if(throttled) > 0 AND 1e2 * count_if(throttled) / count(*) >= $percent
ORDER BY throttled DESC, percent DESC, role, region, account
