/*
title = "Traces that cross accounts"
question = "Which traces of the last days of the trail have segments from more than one account?"

[parameters.accounts]
type = "bigint"
default = "2"
about = "Least number of accounts"

[parameters.days]
type = "bigint"
default = "7"
about = "Days before the newest event"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT trace_id, count(account) AS accounts, min(account) AS first_account, max(account) AS last_account, sum(segments) AS segments
FROM (
  SELECT t.trace_id, account, count(*) AS segments
  FROM xray_events CROSS JOIN UNNEST(trace_ids) AS t (trace_id)
  WHERE operation = 'PutTraceSegments'
    AND event_time >= $from AND event_time < $to
    AND event_time >= date_add('day', -$days, (
      SELECT max(eventTime) FROM event_data_store WHERE eventTime >= $from AND eventTime < $to))
  GROUP BY 1, 2
)
GROUP BY 1
HAVING count(account) >= $accounts
ORDER BY accounts DESC, segments DESC, trace_id
LIMIT $limit
