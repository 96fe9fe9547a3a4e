-- One event, all columns: bloom filters, and reading the other columns late.
-- {event_id}: an id in the middle of all ids.
SELECT * FROM event_data_store WHERE eventID = {event_id};
