SELECT eventtime, eventname, eventid FROM event_data_store ORDER BY eventtime DESC, eventid, eventname LIMIT 100;
