SELECT eventname, min(eventtime) AS first_seen, max(eventtime) AS last_seen, count(*) AS calls FROM event_data_store GROUP BY ALL ORDER BY first_seen, eventname LIMIT 50;
