WITH RECURSIVE t(n) AS (VALUES 1 UNION ALL SELECT n + 1 FROM t WHERE n < 4)
SELECT (SELECT max(eventTime) FROM event_data_store e WHERE e.eventName = o.eventName), u.arn FROM event_data_store o
CROSS JOIN UNNEST(resources) WITH ORDINALITY AS u (accountid, type, arn, arnprefix, n)
WHERE EXISTS (SELECT 1 FROM t WHERE t.n = u.n) AND o.awsRegion IN (SELECT awsRegion FROM event_data_store) OR readOnly
