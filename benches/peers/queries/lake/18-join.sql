-- What those did who met an error: a join of the events with some of them.
WITH failed AS (
  SELECT DISTINCT userIdentity.arn AS arn FROM event_data_store WHERE errorCode IS NOT NULL
)
SELECT e.eventSource, count(*) AS calls
FROM event_data_store e JOIN failed f ON e.userIdentity.arn = f.arn
GROUP BY e.eventSource
ORDER BY calls DESC, e.eventSource;
