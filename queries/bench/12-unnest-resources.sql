-- Which types of resources are touched: a list of structs, unnested and grouped.
-- As DataFusion spells it; CloudTrail Lake writes FROM event_data_store CROSS JOIN UNNEST(resources).
SELECT resource.type AS type, count(*) AS touched, count(DISTINCT resource.accountId) AS accounts
FROM (SELECT unnest(resources) AS resource FROM event_data_store) AS touched
GROUP BY resource.type
ORDER BY touched DESC, type;
