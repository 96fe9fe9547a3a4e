/*
title = "Sampling pollers out of rhythm"
question = "Which clients ask for sampling targets more often than every ten seconds?"

[parameters.rate]
type = "double"
default = "0.5"
about = "Calls a second from which a client is out of rhythm (a good one makes 0.1)"

[parameters.calls]
type = "bigint"
default = "3"
about = "Least number of calls"
*/
SELECT json_extract_scalar(element_at(requestParameters, 'samplingStatisticsDocuments'), '$[0].clientID') AS client,
  arbitrary(userIdentity.sessionContext.sessionIssuer.userName) AS role, count(*) AS calls,
  min(eventTime) AS first_seen, max(eventTime) AS last_seen,
  round(count(*) * 1e0 / greatest(date_diff('second', min(eventTime), max(eventTime)), 1), 3) AS calls_per_second
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'GetSamplingTargets'
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1
HAVING count(*) >= $calls
  AND count(*) * 1e0 / greatest(date_diff('second', min(eventTime), max(eventTime)), 1) >= $rate
ORDER BY calls_per_second DESC
