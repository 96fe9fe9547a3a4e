/*
title = "Readers of the trail"
question = "Who looks into CloudTrail itself, with look-ups and Lake queries?"
chart = "bar"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT principal(userIdentity) AS principal,
  count(*) AS calls,
  eventName AS event_name,
  max_by(coalesce(element_at(requestParameters, 'queryStatement'), element_at(requestParameters, 'lookupAttributes')),
    eventTime) AS last_query,
  count(errorCode) AS errors, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'cloudtrail.amazonaws.com'
  AND eventName IN ('LookupEvents', 'StartQuery', 'GetQueryResults', 'SearchSampleQueries', 'GenerateQuery')
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 3
ORDER BY calls DESC
LIMIT $limit
