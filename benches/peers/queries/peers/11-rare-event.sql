SELECT * FROM event_data_store WHERE eventname = {rare_event};
