/*
title = "Access keys used from many addresses"
question = "Which long-lived access keys are used from more than one address?"
techniques = ["T1078.004"]
chart = "bar"

[parameters.addresses]
type = "bigint"
default = "2"
about = "Least number of addresses"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT access_key, count(*) AS addresses, max(principal) AS principal, sum(calls) AS calls,
  max_by(address, last_seen) AS last_address, min(first_seen) AS first_seen, max(last_seen) AS last_seen
FROM (
  SELECT userIdentity.accessKeyId AS access_key, caller(userIdentity) AS principal, sourceIPAddress AS address, count(*) AS calls,
    min(eventTime) AS first_seen, max(eventTime) AS last_seen
  FROM event_data_store
  WHERE userIdentity.accessKeyId LIKE 'AKIA%' AND userIdentity.invokedBy IS NULL
    AND eventTime >= $from AND eventTime < $to
    AND sourceIPAddress <> 'AWS Internal' AND sourceIPAddress NOT LIKE '%.amazonaws.com'
  GROUP BY 1, 2, 3
)
GROUP BY 1
HAVING count(*) >= $addresses
ORDER BY addresses DESC, calls DESC
LIMIT $limit
