/*
title = "Gaps between delivered files"
question = "For which accounts and regions was no log file with events delivered for minutes?"

[parameters.minutes]
type = "bigint"
default = "60"
about = "Least length of a gap in minutes"

[parameters.usual]
type = "double"
default = "30"
about = "An account and region with more minutes between two files, as a rule, is left out"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
WITH files AS (
  SELECT DISTINCT recipientAccountId AS account, awsRegion AS region, "$delivered" AS delivered
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to AND "$delivered" IS NOT NULL
), gaps AS (
  SELECT account, region, delivered, lag(delivered) OVER (PARTITION BY account, region ORDER BY delivered) AS gap_from
  FROM files
), measured AS (
  SELECT *, date_diff('minute', gap_from, delivered) AS minutes,
    approx_percentile(date_diff('second', gap_from, delivered) / 60e0, 0.5)
      OVER (PARTITION BY account, region) AS usual_minutes
  FROM gaps
  WHERE gap_from IS NOT NULL
)
SELECT account, region, gap_from, delivered AS gap_to, minutes, round(usual_minutes, 1) AS usual_minutes
FROM measured
WHERE minutes >= $minutes AND usual_minutes <= $usual
ORDER BY minutes DESC, account, region, gap_to
LIMIT $limit
