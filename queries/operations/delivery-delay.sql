/*
title = "Delay of delivery"
question = "How long after its events was a log file delivered, by account, region and service?"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT account, region, event_source, count(*) AS events,
  round(approx_percentile(minutes, 0.5), 1) AS median_minutes, round(approx_percentile(minutes, 0.9), 1) AS p90_minutes,
  round(approx_percentile(minutes, 0.99), 1) AS p99_minutes, round(max(minutes), 1) AS most_minutes
FROM (
  SELECT recipientAccountId AS account, awsRegion AS region, eventSource AS event_source,
    date_diff('second', eventTime, "$delivered") / 60e0 AS minutes
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to
    AND "$delivered" IS NOT NULL AND eventSource LIKE $source
)
GROUP BY 1, 2, 3
ORDER BY p99_minutes DESC, events DESC, account, region, event_source
LIMIT $limit
