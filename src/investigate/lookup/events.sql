SELECT
  eventTime AS time,
  eventID AS id,
  eventName AS name,
  eventSource AS source,
  awsRegion AS region,
  errorCode AS error,
  readOnly AS read_only,
  userIdentity.accessKeyId AS access_key,
  {user} AS user_name,
  transform({resources}, r -> r[1]) AS types,
  transform({resources}, r -> r[2]) AS names,
  eventJson AS record,
  eventJsonChecksum AS checksum
FROM (
  SELECT * FROM event_data_store
  WHERE {condition}
  ORDER BY eventTime DESC, eventJsonChecksum
  LIMIT {rows})
ORDER BY eventTime DESC, eventJsonChecksum
