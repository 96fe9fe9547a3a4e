/*
title = "Network activity at VPC endpoints"
question = "Which calls pass through which VPC endpoints, from which accounts, and are they allowed?"
chart = "bar"

[parameters.endpoint]
type = "varchar"
default = "%"
about = "Pattern of the endpoint's id"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT vpcEndpointId AS endpoint, count(*) AS calls, eventSource AS event_source, eventName AS event_name,
  userIdentity.accountId AS caller_account, vpcEndpointAccountId AS endpoint_account, count_if(errorCode IS NOT NULL) AS denied,
  count(DISTINCT sourceIPAddress) AS addresses, max(eventTime) AS last_seen
FROM event_data_store
WHERE vpcEndpointId LIKE $endpoint
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 3, 4, 5, 6
ORDER BY calls DESC
LIMIT $limit
