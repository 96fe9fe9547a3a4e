/*
title = "X-Ray calls by operation"
question = "Which X-Ray operations are called, how often, and how do they end?"
chart = "bar"
*/
SELECT operation AS event_name, count(*) AS calls, event_category AS category, count(error_code) AS errors,
  count_if(throttled) AS throttled, count_if(denied) AS denied, count(DISTINCT account) AS accounts
FROM xray_events
WHERE event_time >= $from AND event_time < $to
GROUP BY 1, 3
ORDER BY calls DESC, event_name, category
