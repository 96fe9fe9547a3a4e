/*
title = "Denied calls over time"
question = "How many calls are denied in each account and stretch of time?"
chart = "line"

[parameters.unit]
type = "varchar"
default = "day"
about = "Length of a stretch: minute, hour, day, week or month"
*/
SELECT date_trunc($unit, eventTime) AS time, recipientAccountId AS account, count(*) AS denied
FROM event_data_store
WHERE (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 2
ORDER BY time, account
