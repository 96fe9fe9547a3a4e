/*
title = "What people search traces for"
question = "Which filter expressions are used on traces, and do they look for persons?"
chart = "bar"

[parameters.pattern]
type = "varchar"
default = "annotation\\.|user|http\\.clientip|email|account"
about = "Regular expression of what is worth a look, in lower case"
*/
SELECT element_at(request, 'filterExpression') AS filter_expression, count(*) AS calls, role AS principal,
  count(DISTINCT caller) AS sessions, max(event_time) AS last_seen
FROM xray_events
WHERE operation = 'GetTraceSummaries'
  AND event_time >= $from AND event_time < $to
  AND regexp_like(lower(element_at(request, 'filterExpression')), $pattern)
GROUP BY 1, 3
ORDER BY calls DESC, filter_expression, principal
