SELECT useragent, count(*) AS calls, min(eventtime) AS since FROM event_data_store GROUP BY ALL ORDER BY calls DESC, useragent NULLS LAST LIMIT 20;
