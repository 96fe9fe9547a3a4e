SELECT
  eventTime AS time,
  eventID AS id,
  insightEventName AS name,
  insightEventSource AS source,
  awsRegion AS region,
  insightErrorCode AS error,
  eventJson AS record,
  {key} AS key,
  eventJsonChecksum AS checksum
FROM {table}
WHERE {condition}
ORDER BY eventTime DESC, key, checksum
LIMIT {rows}
