/*
title = "One identity in two places"
question = "Which people called from two far networks within a short time?"
techniques = ["T1078.004"]

[parameters.minutes]
type = "bigint"
default = "60"
about = "Most minutes between the two"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
WITH stays AS (
  SELECT caller(userIdentity) AS principal, sourceIPAddress AS address,
    regexp_extract(sourceIPAddress, '^(\d+\.\d+\.|[0-9a-f]*:[0-9a-f]*:)') AS network, date_trunc('hour', eventTime) AS hour,
    min(eventTime) AS first_seen, max(eventTime) AS last_seen, count(*) AS calls
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to
    AND (userIdentity.type IN ('IAMUser', 'Root', 'IdentityCenterUser') OR sessionCredentialFromConsole = 'true')
    AND userIdentity.invokedBy IS NULL
    AND NOT regexp_like(sourceIPAddress, '^(10|127|192\.168|172\.(1[6-9]|2\d|3[01]))\.|[g-zA-Z ]')
  GROUP BY 1, 2, 3, 4
)
SELECT principal, came_from, address AS went_to, left_at, first_seen AS arrived_at,
  greatest(date_diff('minute', left_at, first_seen), 0) AS minutes_between, calls AS calls_there
FROM (
  SELECT *, lag(address) OVER w AS came_from, lag(network) OVER w AS network_before, lag(last_seen) OVER w AS left_at
  FROM stays
  WINDOW w AS (PARTITION BY principal ORDER BY first_seen)
)
WHERE network_before <> network AND first_seen <= date_add('minute', $minutes, left_at) AND principal LIKE $principal
ORDER BY arrived_at DESC
LIMIT $limit
