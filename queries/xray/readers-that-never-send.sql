/*
title = "Readers that never send"
question = "Which identities read traces and never send any?"
chart = "bar"
*/
SELECT role AS principal, min(identity_type) AS identity_type, count(DISTINCT account) AS accounts, count_if(is_read) AS reads,
  sum(traces_requested) AS traces, count(DISTINCT IF(is_read, source_ip)) AS addresses,
  min(IF(is_read, event_time)) AS first_read, max(IF(is_read, event_time)) AS last_read
FROM (
  SELECT *, category = 'read' AS is_read FROM xray_events
  WHERE role IS NOT NULL
    AND event_time >= $from AND event_time < $to
)
GROUP BY 1
HAVING count_if(is_read) > 0 AND count_if(category = 'send') = 0
ORDER BY reads DESC, principal
