-- Reads and writes of each service.
SELECT eventSource, count_if(readOnly) AS reads, count_if(NOT readOnly) AS writes
FROM event_data_store
GROUP BY eventSource
ORDER BY eventSource;
