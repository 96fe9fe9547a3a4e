/*
title = "Trace data read by people"
question = "Which people read traces, how many, and from where?"
chart = "bar"
*/
SELECT caller AS person, on_behalf_of, min(identity_type) AS identity_type, count(*) AS reads, count(DISTINCT operation) AS operations,
  sum(traces_requested) AS traces, count(error_code) AS errors, max(console) AS console, max(mfa) AS mfa,
  max_by(source_ip, ROW(event_time, coalesce(event_id, ''))) AS last_address, min(event_time) AS first_seen, max(event_time) AS last_seen
FROM xray_events
WHERE category = 'read'
  AND event_time >= $from AND event_time < $to
  AND (identity_type IN ('Root', 'IAMUser', 'IdentityCenterUser', 'SAMLUser') OR on_behalf_of IS NOT NULL OR console
    OR role LIKE '%/AWSReservedSSO\_%' ESCAPE '\' OR client = 'console')
GROUP BY 1, 2
ORDER BY reads DESC, person, on_behalf_of
