SELECT
  eventTime AS event_time,
  eventID AS event_id,
  recipientAccountId AS account,
  awsRegion AS region,
  eventName AS operation,
  CASE
    WHEN eventName IN ('PutTraceSegments', 'PutTelemetryRecords', 'PutSpans') THEN 'send'
    WHEN eventName IN ('GetSamplingRules', 'GetSamplingTargets') THEN 'sample'
    WHEN eventName IN (
      'BatchGetTraces', 'GetTraceSummaries', 'GetTraceGraph', 'GetServiceGraph',
      'GetTimeSeriesServiceStatistics', 'GetInsight', 'GetInsightEvents', 'GetInsightImpactGraph',
      'GetInsightSummaries', 'StartTraceRetrieval', 'CancelTraceRetrieval', 'ListRetrievedTraces',
      'GetRetrievedTracesGraph') THEN 'read'
    WHEN regexp_like(eventName, '^(Get|List|BatchGet|Describe)') THEN 'inspect'
    ELSE 'configure'
  END AS category,
  eventCategory AS event_category,
  coalesce(userIdentity.arn, userIdentity.principalId, userIdentity.invokedBy) AS caller,
  coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn) AS role,
  CASE WHEN userIdentity.type = 'AssumedRole'
    THEN element_at(split(userIdentity.principalId, ':', 2), 2) END AS session,
  userIdentity.accountId AS caller_account,
  sourceIPAddress AS source_ip,
  vpcEndpointId AS vpc_endpoint,
  CASE
    WHEN userAgent LIKE '%xray-daemon/%' THEN 'daemon'
    WHEN userAgent LIKE '%aws-otel-collector/%' OR userAgent LIKE '%otelcol%'
      OR userAgent LIKE '%xray-otel-exporter/%' THEN 'collector'
    WHEN userAgent LIKE '%CWAgent/%' THEN 'cloudwatch agent'
    WHEN userAgent LIKE '%.amazonaws.com' THEN 'aws service'
    WHEN userAgent LIKE '%Terraform/%' THEN 'terraform'
    WHEN userAgent LIKE 'aws-cli/%' THEN 'cli'
    WHEN userAgent LIKE 'Mozilla/%' OR userAgent = 'AWS Internal'
      OR sessionCredentialFromConsole = 'true' THEN 'console'
    WHEN userAgent IS NOT NULL THEN 'sdk'
  END AS client,
  coalesce(
    regexp_extract(userAgent, 'xray-daemon/([0-9][^ ]*)', 1),
    regexp_extract(userAgent, '(?:aws-otel-collector|otelcol-contrib|otelcol|CWAgent|Terraform|aws-cli)/v?([0-9][^ ]*)', 1),
    regexp_extract(userAgent, '^[A-Za-z0-9_-]+/([0-9][^ ]*)', 1)) AS client_version,
  json_array_length(element_at(requestParameters, 'traceSegmentDocuments')) AS segments,
  CASE WHEN eventName = 'PutTraceSegments' THEN
    cardinality(array_distinct(TRY_CAST(json_parse(element_at(requestParameters, 'traceSegmentDocuments')) AS array(varchar))))
  END AS traces,
  json_array_length(element_at(responseElements, 'unprocessedTraceSegments')) AS unprocessed,
  errorCode AS error_code,
  coalesce(errorCode IN ('ThrottledException', 'ThrottlingException', 'Throttling'), false) AS throttled,
  coalesce(errorCode LIKE 'AccessDenied%' OR errorCode LIKE '%UnauthorizedOperation%', false) AS denied,
  tlsDetails.tlsVersion AS tls_version
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
