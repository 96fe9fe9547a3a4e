SELECT * FROM event_data_store WHERE eventID = {event_id};
