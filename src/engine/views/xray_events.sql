SELECT
  eventTime AS event_time,
  eventID AS event_id,
  recipientAccountId AS account,
  awsRegion AS region,
  eventName AS operation,
  CASE
    WHEN eventName IN ('PutTraceSegments', 'PutTelemetryRecords', 'PutSpans', 'PutSpansForIndexing') THEN 'send'
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
  userIdentity.type AS identity_type,
  caller(userIdentity) AS caller,
  principal(userIdentity) AS role,
  session_name(userIdentity) AS session,
  nullif(userIdentity.accountId, '') AS caller_account,
  nullif(userIdentity.accessKeyId, '') AS access_key,
  userIdentity.onBehalfOf.userId AS on_behalf_of,
  userIdentity.onBehalfOf.identityStoreArn AS identity_store,
  coalesce(userIdentity.sessionContext.webIdFederationData.federatedProvider, userIdentity.identityProvider) AS identity_provider,
  userIdentity.invokedBy AS invoked_by,
  CASE userIdentity.sessionContext.attributes.mfaAuthenticated WHEN 'true' THEN true WHEN 'false' THEN false END AS mfa,
  console,
  readOnly AS read_only,
  sourceIPAddress AS source_ip,
  vpcEndpointId AS vpc_endpoint,
  vpcEndpointAccountId AS vpc_endpoint_account,
  tlsDetails.tlsVersion AS tls_version,
  userAgent AS user_agent,
  client,
  CASE client
    WHEN 'daemon' THEN regexp_extract(userAgent, '(?i)xray-daemon/v?([0-9][0-9a-z.+_-]*)', 1)
    WHEN 'collector' THEN coalesce(
      regexp_extract(
        userAgent, '(?i)(?:otelcol|otel[- ]collector|opentelemetry[- ]?collector)[a-z -]*/v?([0-9][0-9a-z.+_-]*)', 1),
      regexp_extract(userAgent, '(?i)xray-otel-exporter/v?([0-9][0-9a-z.+_-]*)', 1))
    WHEN 'cloudwatch agent'
      THEN regexp_extract(userAgent, '(?i)(?:cwagent|amazon-cloudwatch-agent)/v?([0-9][0-9a-z.+_-]*)', 1)
    WHEN 'terraform' THEN regexp_extract(userAgent, '(?i)(?:terraform|opentofu)/v?([0-9][0-9a-z.+_-]*)', 1)
    WHEN 'cli' THEN regexp_extract(userAgent, '(?i)aws-cli/v?([0-9][0-9a-z.+_-]*)', 1)
    WHEN 'sdk' THEN regexp_extract(userAgent, '(?i)^\[?[a-z0-9_.-]+/v?([0-9][0-9a-z.+_-]*)', 1)
  END AS client_version,
  cardinality(documents) AS segments,
  CASE WHEN errorCode IS NULL THEN greatest(cardinality(documents) - coalesce(unprocessed, 0), 0)
    ELSE cardinality(documents) * 0 END AS segments_accepted,
  unprocessed,
  coalesce(sent, wanted) AS trace_ids,
  cardinality(array_distinct(sent)) AS traces,
  cardinality(array_distinct(wanted)) AS traces_requested,
  CAST(from_unixtime(array_min(starts)) AT TIME ZONE 'UTC' AS timestamp(3)) AS oldest_trace,
  CAST(from_unixtime(array_max(starts)) AT TIME ZONE 'UTC' AS timestamp(3)) AS newest_trace,
  CASE WHEN element_at(requestParameters, 'omitted') = 'true'
    THEN TRY_CAST(element_at(requestParameters, 'originalSize') AS bigint)
    ELSE TRY_CAST(TRY_CAST(element_at(additionalEventData, 'bytesTransferredIn') AS double) AS bigint)
  END AS request_bytes,
  errorCode AS error_code,
  errorMessage AS error_message,
  coalesce(errorCode IN ('ThrottledException', 'ThrottlingException', 'Throttling'), false) AS throttled,
  coalesce(errorCode LIKE 'AccessDenied%' OR errorCode LIKE '%UnauthorizedOperation%', false) AS denied,
  requestParameters AS request,
  responseElements AS response
FROM (
  SELECT *,
    -- As xray_trace_start, but of all ids of a call at once.
    filter(
      transform(
        filter(sent, id -> regexp_like(id, '^1-[0-9a-f]{8}-[0-9a-f]{24}$')),
        id -> from_base(substr(id, 3, 8), 16)),
      start -> start BETWEEN to_unixtime(eventTime) - 30 * 86400 AND to_unixtime(eventTime) + 3600) AS starts
  FROM (
    SELECT *,
      transform(
        filter(documents, id -> id <> 'HIDDEN_DUE_TO_SECURITY_REASONS'), id -> xray_trace_id(id)) AS sent,
      transform(
        filter(traces, id -> id <> 'HIDDEN_DUE_TO_SECURITY_REASONS'), id -> xray_trace_id(id)) AS wanted
    FROM (
      SELECT *,
        IF(eventName = 'PutTraceSegments',
          TRY(CAST(json_parse(element_at(requestParameters, 'traceSegmentDocuments')) AS array(varchar)))) AS documents,
        IF(eventName IN ('BatchGetTraces', 'GetTraceGraph', 'StartTraceRetrieval'),
          TRY(CAST(json_parse(element_at(requestParameters, 'traceIds')) AS array(varchar)))) AS traces,
        json_array_length(element_at(responseElements, 'unprocessedTraceSegments')) AS unprocessed,
        coalesce(sessionCredentialFromConsole = 'true', false) AS console,
        CASE
          WHEN regexp_like(userAgent, '(?i)(cwagent|amazon-cloudwatch-agent)/') THEN 'cloudwatch agent'
          WHEN regexp_like(userAgent, '(?i)xray-daemon/') THEN 'daemon'
          WHEN regexp_like(userAgent, '(?i)otelcol|otel[- ]collector|opentelemetry[- ]?collector|xray-otel-exporter')
            THEN 'collector'
          WHEN regexp_like(userAgent, '(?i)(terraform|opentofu)/') THEN 'terraform'
          WHEN regexp_like(userAgent, '(?i)^\[?aws-cli/') THEN 'cli'
          WHEN sessionCredentialFromConsole = 'true' AND userAgent <> '' OR regexp_like(userAgent, '(?i)^\[?mozilla/') THEN 'console'
          WHEN regexp_like(userAgent, '(?i)(^|[\[ ,])aws-internal(/|$)|^\[?aws internal\]?$|\.amazonaws\.com(\.cn)?$')
            THEN 'aws service'
          WHEN userAgent <> '' THEN 'sdk'
        END AS client
      FROM event_data_store
      WHERE eventSource = 'xray.amazonaws.com'
    )
  )
)
