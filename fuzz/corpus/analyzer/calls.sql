SELECT eventName, count(*) AS n, count(DISTINCT awsRegion), max_by(eventTime, eventID), approx_distinct(requestId)
FROM event_data_store WHERE eventTime >= TIMESTAMP '2026-03-01 00:00:00' AND userIdentity.type = 'IAMUser'
GROUP BY 1 HAVING count(*) > 1 ORDER BY n DESC, eventName LIMIT 10
