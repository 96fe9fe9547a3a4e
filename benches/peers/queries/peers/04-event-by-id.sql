SELECT * FROM event_data_store WHERE eventid = {event_id};
