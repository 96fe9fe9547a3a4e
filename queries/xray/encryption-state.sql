/*
title = "Encryption of traces today"
question = "How are the traces of each account and region encrypted now?"
*/
SELECT account, region, max_by(element_at(request, 'type'), place) AS encryption, max_by(element_at(request, 'keyId'), place) AS key_id,
  max(event_time) AS since, max_by(caller, place) AS set_by, count(*) AS changes
FROM (
  -- Of changes in one millisecond the one with the greatest id is the last.
  SELECT *, ROW(event_time, coalesce(event_id, '')) AS place
  FROM xray_events
  WHERE operation = 'PutEncryptionConfig' AND error_code IS NULL
    AND event_time >= $from AND event_time < $to
)
GROUP BY 1, 2
ORDER BY since DESC, account, region
