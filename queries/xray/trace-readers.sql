/*
title = "Readers of traces"
question = "Who reads traces, how often, and from how many addresses?"
chart = "bar"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the reader's role or user ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn) AS principal, count(*) AS calls,
  count(DISTINCT eventName) AS operations, count(DISTINCT sourceIPAddress) AS addresses,
  count_if(errorCode IS NOT NULL) AS errors, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventName IN ('BatchGetTraces', 'GetTraceSummaries', 'GetTraceGraph', 'GetServiceGraph', 'GetTimeSeriesServiceStatistics',
    'StartTraceRetrieval', 'ListRetrievedTraces', 'GetRetrievedTracesGraph')
  AND eventTime >= $from AND eventTime < $to
  AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn, '') LIKE $principal
GROUP BY 1
ORDER BY calls DESC
LIMIT $limit
