/*
title = "Activity by weekday and hour"
question = "On which days and at which hours is most done?"
chart = "heatmap"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.zone]
type = "varchar"
default = "UTC"
about = "Time zone of the hours"
*/
SELECT element_at(ARRAY['1 Monday', '2 Tuesday', '3 Wednesday', '4 Thursday', '5 Friday', '6 Saturday', '7 Sunday'],
  day_of_week(time)) AS weekday,
  lpad(CAST(hour(time) AS varchar), 2, '0') AS hour, sum(calls) AS calls
FROM (
  SELECT at_timezone(with_timezone(date_trunc('hour', eventTime), 'UTC'), $zone) AS time, count(*) AS calls
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to
    AND coalesce(caller(userIdentity), '') LIKE $principal
  GROUP BY 1
)
GROUP BY 1, 2
ORDER BY weekday, hour
