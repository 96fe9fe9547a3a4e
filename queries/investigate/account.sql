/*
title = "Changes of an account by the hour"
question = "In which hours was most changed in this account, and by whom?"

[parameters.account]
type = "varchar"
about = "Id of the account; without one, the one with most denied calls"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT hour, principal, sum(calls) AS changes, count(*) AS operations, sum(errors) AS errors, max(address) AS address
FROM (
  SELECT date_trunc('hour', eventTime) AS hour,
    caller(userIdentity) AS principal, eventName AS event_name,
    count(*) AS calls, count(errorCode) AS errors, max(sourceIPAddress) AS address
  FROM event_data_store
  WHERE readOnly = false AND managementEvent
    AND eventTime >= $from AND eventTime < $to
    AND recipientAccountId = coalesce($account, (
      SELECT recipientAccountId FROM event_data_store
      WHERE (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%') AND eventTime >= $from AND eventTime < $to
      GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1), (SELECT max(recipientAccountId) FROM event_data_store
        WHERE eventTime >= $from AND eventTime < $to))
  GROUP BY 1, 2, 3
)
GROUP BY 1, 2
ORDER BY operations DESC, changes DESC
LIMIT $limit
