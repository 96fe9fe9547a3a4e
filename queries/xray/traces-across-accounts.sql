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
SELECT substr(document, 10) AS trace_id, count(*) AS accounts, min(account) AS first_account, max(account) AS last_account,
  sum(segments) AS segments
FROM (
  SELECT t.document, account, count(*) AS segments
  FROM (
    SELECT recipientAccountId AS account, element_at(requestParameters, 'traceSegmentDocuments') AS documents
    FROM event_data_store
    WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments'
      AND eventTime >= $from AND eventTime < $to
      AND eventTime >= date_add('day', -$days, (
        SELECT max(eventTime) FROM event_data_store WHERE eventTime >= $from AND eventTime < $to))
  )
  CROSS JOIN UNNEST(CAST(json_parse(documents) AS array(varchar))) AS t (document)
  GROUP BY 1, 2
)
GROUP BY 1
HAVING count(*) >= $accounts
ORDER BY accounts DESC, segments DESC
LIMIT $limit
