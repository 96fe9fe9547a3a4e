-- Errors in a window of two days: skipping files by their time.
-- {since}, {until}: from the day with the most events to two days later.
SELECT errorCode, eventName, count(*) AS errors
FROM event_data_store
WHERE eventTime >= {since} AND eventTime < {until} AND errorCode IS NOT NULL
GROUP BY errorCode, eventName
ORDER BY errors DESC, errorCode, eventName;
