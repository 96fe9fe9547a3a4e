/*
title = "Programs that call"
question = "Which programs call AWS, and which are rare?"
chart = "bar"

[parameters.program]
type = "varchar"
default = "%"
about = "Pattern of the user agent"

[parameters.rare]
type = "boolean"
default = "false"
about = "Whether to show the rarest first"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT userAgent AS user_agent, count(*) AS calls, approx_distinct(caller(userIdentity)) AS principals,
  approx_distinct(eventName) AS operations,
  count(errorCode) AS errors, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE userAgent LIKE $program
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1
ORDER BY IF($rare, -1, 1) * count(*) DESC
LIMIT $limit
