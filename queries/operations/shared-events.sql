/*
title = "Events seen by several accounts"
question = "Which calls were delivered to more than one account?"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT sharedEventID AS shared_event_id, count(*) AS events, count(DISTINCT recipientAccountId) AS accounts,
  array_join(array_sort(array_agg(DISTINCT recipientAccountId)), ' ') AS account_ids, max(eventName) AS event_name,
  max(caller(userIdentity)) AS principal, min(eventTime) AS event_time
FROM event_data_store
WHERE sharedEventID IS NOT NULL
  AND eventTime >= $from AND eventTime < $to
  AND sharedEventID IN (
    SELECT sharedEventID FROM event_data_store WHERE sharedEventID IS NOT NULL AND eventTime >= $from AND eventTime < $to
      GROUP BY 1 HAVING count(*) > 1)
GROUP BY 1
ORDER BY event_time DESC
LIMIT $limit
