/*
title = "What new identities did"
question = "Which users, roles and keys were made, and what was done with them afterwards?"
techniques = ["T1136.003"]

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
WITH made AS (
  SELECT eventTime AS event_time, recipientAccountId AS account, caller(userIdentity) AS maker, eventName AS event_name,
    coalesce(element_at(requestParameters, 'userName'), element_at(requestParameters, 'roleName')) AS name
  FROM event_data_store
  WHERE eventSource = 'iam.amazonaws.com' AND eventName IN ('CreateUser', 'CreateRole', 'CreateLoginProfile', 'CreateAccessKey')
    AND errorCode IS NULL
    AND eventTime >= $from AND eventTime < $to
), used AS (
  SELECT recipientAccountId AS account,
    element_at(split(principal(userIdentity), '/'), -1) AS name,
    date_trunc('hour', eventTime) AS hour, count(*) AS calls, min(eventTime) AS first_seen, max(eventTime) AS last_seen
  FROM event_data_store
  WHERE eventTime >= $from AND eventTime < $to
  GROUP BY 1, 2, 3
)
SELECT event_time, made.account, made.name, event_name, maker, coalesce(sum(calls), 0) AS calls_afterwards,
  min(greatest(first_seen, event_time)) AS first_call, max(last_seen) AS last_call
FROM made LEFT JOIN used ON used.account = made.account AND used.name = made.name AND last_seen >= event_time
WHERE made.name IS NOT NULL
GROUP BY 1, 2, 3, 4, 5
ORDER BY event_time DESC
LIMIT $limit
