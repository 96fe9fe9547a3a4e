-- A path into the record, over two days.
SELECT json_extract_scalar(eventJson, '$.userIdentity.type') AS type, count(*) AS calls
FROM event_data_store
WHERE eventTime >= {since} AND eventTime < {until}
GROUP BY json_extract_scalar(eventJson, '$.userIdentity.type')
ORDER BY calls DESC, type;
