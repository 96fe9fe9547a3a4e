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
  CAST({resources} AS array(row(type varchar, name varchar))) AS resources,
  eventJson AS record,
  {key} AS key,
  eventJsonChecksum AS checksum
FROM {table}
WHERE {condition}
ORDER BY eventTime DESC, key, checksum
LIMIT {rows}
