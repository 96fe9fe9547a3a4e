-- The last hundred events, three columns: a top-k that may stop reading early.
SELECT eventTime, eventName, eventID
FROM event_data_store
ORDER BY eventTime DESC, eventID, eventName
LIMIT 100;
