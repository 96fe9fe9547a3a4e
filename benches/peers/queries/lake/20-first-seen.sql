-- When each call was seen first and last.
SELECT eventName, min(eventTime) AS first_seen, max(eventTime) AS last_seen, count(*) AS calls
FROM event_data_store
GROUP BY eventName
ORDER BY first_seen, eventName
LIMIT 50;
