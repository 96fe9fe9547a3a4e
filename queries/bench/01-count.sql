-- How many events there are: what the format and the catalog know without reading.
SELECT count(*) AS events FROM event_data_store;
