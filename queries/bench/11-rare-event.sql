-- All columns of a rare event: few wide rows from many places.
-- {rare_event}: the event name with the fewest events.
SELECT * FROM event_data_store WHERE eventName = {rare_event};
