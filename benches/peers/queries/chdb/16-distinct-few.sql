SELECT (SELECT count(eventname) FROM (SELECT DISTINCT eventname FROM event_data_store)) AS names, (SELECT count(awsregion) FROM (SELECT DISTINCT awsregion FROM event_data_store)) AS regions;
