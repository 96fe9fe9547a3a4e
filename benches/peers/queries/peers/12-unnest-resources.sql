SELECT r.type AS type, count(*) AS touched, count(DISTINCT r.accountid) AS accounts FROM (SELECT unnest(resources) AS r FROM event_data_store) GROUP BY ALL ORDER BY touched DESC, type NULLS LAST;
