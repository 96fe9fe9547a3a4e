/*
title = "Instance credentials used outside"
question = "Which credentials of an instance were used from an address that does not fit the instance?"
techniques = ["T1552.005"]

[parameters.networks]
type = "varchar"
default = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"
about = "Networks of our instances, with commas between"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
WITH addresses AS (
  SELECT caller(userIdentity) AS principal, userIdentity.accessKeyId AS access_key, sourceIPAddress AS address, count(*) AS calls,
    min(eventTime) AS first_seen, max(eventTime) AS last_seen
  FROM event_data_store
  WHERE userIdentity.arn LIKE '%:assumed-role/%/i-%' AND userIdentity.invokedBy IS NULL
    AND eventTime >= $from AND eventTime < $to
    AND sourceIPAddress NOT LIKE '%.amazonaws.com' AND sourceIPAddress <> 'AWS Internal'
  GROUP BY 1, 2, 3
)
SELECT principal, access_key, address, calls, first_seen, last_seen, addresses_of_key, max_by_calls AS usual_address
FROM (
  SELECT *, count(*) OVER (PARTITION BY principal, access_key) AS addresses_of_key,
    first_value(address) OVER (PARTITION BY principal, access_key ORDER BY calls DESC, first_seen) AS max_by_calls
  FROM addresses
)
WHERE addresses_of_key > 1 AND address <> max_by_calls
  AND none_match(split($networks, ','), network -> contains(network, TRY_CAST(address AS ipaddress)))
ORDER BY first_seen DESC
LIMIT $limit
