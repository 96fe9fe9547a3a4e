-- Which types of resources are touched: a list of structs, unnested and grouped.
SELECT resource.type AS type, count(*) AS touched, count(DISTINCT resource.accountId) AS accounts
FROM event_data_store CROSS JOIN UNNEST(resources) AS resource (accountId, type, arn, arnPrefix)
GROUP BY resource.type
ORDER BY touched DESC, type;
