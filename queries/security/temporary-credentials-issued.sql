/*
title = "Temporary credentials issued"
question = "Who asked for federation, session or web identity credentials, and how much was done with them?"
techniques = ["T1550.001"]

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
WITH issued AS (
  SELECT eventTime AS event_time, recipientAccountId AS account,
    caller(userIdentity) AS principal,
    sourceIPAddress AS address, eventName AS event_name,
    json_extract_scalar(element_at(responseElements, 'credentials'), '$.accessKeyId') AS access_key, errorCode AS error
  FROM event_data_store
  WHERE eventSource = 'sts.amazonaws.com'
    AND eventName IN ('GetFederationToken', 'GetSessionToken', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot')
    AND eventTime >= $from AND eventTime < $to
), used AS (
  SELECT userIdentity.accessKeyId AS access_key, count(*) AS calls, max(eventTime) AS last_seen
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to AND userIdentity.accessKeyId IN (SELECT access_key FROM issued)
  GROUP BY 1
)
SELECT event_time, account, principal, address, event_name, i.access_key, coalesce(calls, 0) AS calls_with_it, last_seen, error
FROM issued i LEFT JOIN used u ON u.access_key = i.access_key
WHERE coalesce(principal, '') LIKE $principal
ORDER BY event_time DESC
LIMIT $limit
