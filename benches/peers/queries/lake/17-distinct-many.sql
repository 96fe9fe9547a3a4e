-- Distinct values of a column in which each is seen once.
SELECT count(DISTINCT eventID) AS ids FROM event_data_store;
