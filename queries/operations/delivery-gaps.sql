/*
title = "Gaps in delivery"
question = "For which accounts and regions are events missing for hours?"

[parameters.hours]
type = "bigint"
default = "6"
about = "Least length of a gap in hours"

[parameters.calls]
type = "bigint"
default = "5"
about = "An account and region with fewer events an hour is left out"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT account, region, gap_from, hour AS gap_to, date_diff('hour', gap_from, hour) - 1 AS hours_missing,
  round(usual, 1) AS usual_events_an_hour
FROM (
  SELECT *, lag(hour) OVER (PARTITION BY account, region ORDER BY hour) AS gap_from,
    avg(events) OVER (PARTITION BY account, region) AS usual
  FROM (
    SELECT recipientAccountId AS account, awsRegion AS region, date_trunc('hour', eventTime) AS hour, count(*) AS events
    FROM event_data_store
    WHERE eventTime >= $from AND eventTime < $to
    GROUP BY 1, 2, 3
  )
)
WHERE date_diff('hour', gap_from, hour) > $hours AND usual >= $calls
ORDER BY hours_missing * usual DESC
LIMIT $limit
