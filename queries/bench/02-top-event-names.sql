-- The commonest calls of one service: two text columns, filtered and grouped.
-- {busy_source}: the service with the most events, X-Ray in synthetic logs.
SELECT eventName, count(*) AS calls
FROM event_data_store
WHERE eventSource = {busy_source}
GROUP BY eventName
ORDER BY calls DESC, eventName
LIMIT 20;
