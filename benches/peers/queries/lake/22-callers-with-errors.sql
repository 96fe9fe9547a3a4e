-- Who met most errors, and what share of their calls these were.
SELECT userIdentity.arn AS principal, count(*) AS calls, count_if(errorCode IS NOT NULL) AS errors
FROM event_data_store
GROUP BY userIdentity.arn
HAVING count_if(errorCode IS NOT NULL) > 0
ORDER BY errors DESC, calls DESC, principal
LIMIT 20;
