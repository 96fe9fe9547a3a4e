SELECT element_at(requestParameters, 'bucketName'), json_extract_scalar(eventJson, '$.a.b'), date_trunc('hour', eventTime), regexp_like(userAgent, 'a+'),
transform(ARRAY[1, 2], x -> x + 1), map_keys(requestParameters), CAST(ROW(1, 'a') AS row(a bigint, b varchar)).b, TRY(1 / 0), coalesce(errorCode, 'none'),
format_datetime(eventTime, 'yyyy'), eventTime + INTERVAL '1' DAY, try_cast('1.5' AS decimal(3, 1)) * 2, concat('a', "eventname"), cardinality(filter(ARRAY[1], x -> x > 0))
FROM event_data_store
