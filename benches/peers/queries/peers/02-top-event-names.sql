SELECT eventname, count(*) AS calls FROM event_data_store WHERE eventsource = {busy_source} GROUP BY eventname ORDER BY calls DESC, eventname LIMIT 20;
