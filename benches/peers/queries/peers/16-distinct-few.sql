SELECT count(DISTINCT eventname) AS names, count(DISTINCT awsregion) AS regions FROM event_data_store;
