-- How many sessions, half an hour apart, each principal had: a window over principals.
WITH calls AS (
  SELECT userIdentity.arn AS arn, eventTime,
    lag(eventTime) OVER (PARTITION BY userIdentity.arn ORDER BY eventTime) AS before
  FROM event_data_store WHERE userIdentity.arn IS NOT NULL
)
SELECT arn, count(*) AS sessions
FROM calls
WHERE before IS NULL OR eventTime > before + INTERVAL '30' MINUTE
GROUP BY arn
ORDER BY sessions DESC, arn
LIMIT 50;
