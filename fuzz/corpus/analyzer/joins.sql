SELECT * FROM event_data_store a LEFT JOIN event_data_store b USING (eventID) JOIN LATERAL (SELECT a.eventName x) ON TRUE FULL JOIN (VALUES 1) AS v (n) ON n = 1
