SELECT eventName, count(*) AS calls
FROM event_data_store
WHERE eventTime >= {since} AND eventTime < timestamp {since} + INTERVAL '1' HOUR
GROUP BY eventName
ORDER BY calls DESC, eventName;
