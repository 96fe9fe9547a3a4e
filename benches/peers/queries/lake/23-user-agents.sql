-- The commonest user agents, and since when.
SELECT userAgent, count(*) AS calls, min(eventTime) AS since
FROM event_data_store
GROUP BY userAgent
ORDER BY calls DESC, userAgent
LIMIT 20;
