/*
title = "Volume and price of events"
question = "How many events of which kind are there, and what would a trail and a lake charge for them?"
chart = "bar"

[parameters.per100000]
type = "double"
default = "0.10"
about = "Price of 100,000 data or network activity events in a trail"

[parameters.gigabyte]
type = "double"
default = "0.75"
about = "Price of a gigabyte taken into a lake"

[parameters.bytes]
type = "bigint"
default = "1500"
about = "Mean size of an event"
*/
SELECT eventSource || ' ' || coalesce(eventCategory, 'Management') AS kind, count(*) AS events,
  round(1e2 * count(*) / sum(count(*)) OVER (), 2) AS percent,
  IF(coalesce(eventCategory, 'Management') = 'Management', 0e0, round(count(*) * $per100000 / 100000, 4)) AS trail_price,
  round(count(*) * $bytes / 1e9 * $gigabyte, 4) AS lake_price, count(DISTINCT recipientAccountId) AS accounts,
  round(count(*) / greatest(date_diff('hour', min(eventTime), max(eventTime)) / 24e0, 1e0), 1) AS events_a_day
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
GROUP BY eventSource, coalesce(eventCategory, 'Management')
ORDER BY events DESC
