-- Distinct values of columns with few of them.
SELECT count(DISTINCT eventName) AS names, count(DISTINCT awsRegion) AS regions FROM event_data_store;
