-- From how many addresses each principal calls: distinct values of text in many groups.
SELECT userIdentity.arn AS principal, count(DISTINCT sourceIPAddress) AS addresses, count(*) AS calls
FROM event_data_store
GROUP BY userIdentity.arn
ORDER BY addresses DESC, calls DESC, principal
LIMIT 50;
