/*
title = "Bulk export of traces"
question = "Who fetched very many traces within an hour?"

[parameters.traces]
type = "bigint"
default = "100"
about = "Least number of different traces in the hour"
*/
SELECT date_trunc('hour', eventTime) AS hour, userIdentity.arn AS principal, count(DISTINCT t.id) AS traces,
  count(DISTINCT requestID) AS calls, arbitrary(sourceIPAddress) AS address,
  max(userIdentity.accountId) AS caller_account, max(recipientAccountId) AS owner_account
FROM event_data_store
CROSS JOIN UNNEST(CAST(json_parse(element_at(requestParameters, 'traceIds')) AS array(varchar))) AS t (id)
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'BatchGetTraces' AND errorCode IS NULL
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 2
HAVING count(DISTINCT t.id) >= $traces
ORDER BY traces DESC
