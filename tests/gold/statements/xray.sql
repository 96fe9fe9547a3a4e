-- Thirty questions of X-Ray users about their traces, over the events of testdata. "Now" is the end of those.

SELECT eventTime, recipientAccountId, awsRegion, userIdentity.arn, sourceIPAddress,
       element_at(requestParameters, 'type') AS enc_type, element_at(requestParameters, 'keyId') AS key_id, errorCode
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutEncryptionConfig'
ORDER BY eventTime DESC;

SELECT recipientAccountId, awsRegion, max(eventTime) AS since,
       max_by(element_at(requestParameters, 'type'), eventTime) AS enc_type,
       max_by(element_at(requestParameters, 'keyId'), eventTime) AS key_id
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutEncryptionConfig' AND errorCode IS NULL
GROUP BY 1, 2;

SELECT coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn) AS principal, eventName,
       count(*) AS calls, approx_distinct(sourceIPAddress) AS ips, min(eventTime) AS first, max(eventTime) AS last
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventName IN ('BatchGetTraces', 'GetTraceSummaries', 'GetTraceGraph', 'GetServiceGraph',
                    'GetTimeSeriesServiceStatistics', 'StartTraceRetrieval', 'ListRetrievedTraces')
GROUP BY 1, 2
ORDER BY calls DESC, principal, eventName;

SELECT userIdentity.accountId AS caller, recipientAccountId AS owner, userIdentity.arn, eventName, count(*) AS calls
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND readOnly AND userIdentity.accountId <> recipientAccountId
  AND eventName <> 'GetSamplingTargets'
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC, 1, 2, 3, 4;

SELECT date_trunc('minute', eventTime) AS minute, userIdentity.sessionContext.sessionIssuer.arn AS role, count(*) AS calls,
       sum(json_array_length(element_at(requestParameters, 'traceSegmentDocuments'))) AS segments
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments'
GROUP BY 1, 2
ORDER BY 1, 4 DESC, 2
LIMIT 50;

SELECT awsRegion, userIdentity.sessionContext.sessionIssuer.userName AS role, count(*) AS calls,
       count_if(errorCode IN ('ThrottledException', 'ThrottlingException', 'Throttling')) AS throttled,
       round(100.0 * count_if(errorCode LIKE 'Throttl%') / count(*), 2) AS pct
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
GROUP BY 1, 2
HAVING count_if(errorCode LIKE 'Throttl%') > 0
ORDER BY pct DESC, 1, 2;

WITH s AS (
  SELECT recipientAccountId a, awsRegion r, date_trunc('second', eventTime) t,
         sum(json_array_length(element_at(requestParameters, 'traceSegmentDocuments'))) n
  FROM event_data_store
  WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments'
  GROUP BY 1, 2, 3)
SELECT a, r, max(n) AS peak, approx_percentile(n, 0.99) AS p99, round(max(n) / 26.0, 1) AS pct_of_quota
FROM s
GROUP BY 1, 2
ORDER BY peak DESC, a, r;

WITH c AS (
  SELECT eventTime, recipientAccountId, awsRegion, eventName, userIdentity.arn AS who,
         coalesce(json_extract_scalar(element_at(requestParameters, 'samplingRule'), '$.ruleName'),
                  json_extract_scalar(element_at(requestParameters, 'samplingRuleUpdate'), '$.ruleName'),
                  element_at(requestParameters, 'ruleName')) AS rule,
         CAST(coalesce(json_extract_scalar(element_at(requestParameters, 'samplingRule'), '$.fixedRate'),
                       json_extract_scalar(element_at(requestParameters, 'samplingRuleUpdate'), '$.fixedRate')) AS double) AS rate
  FROM event_data_store
  WHERE eventSource = 'xray.amazonaws.com' AND eventName LIKE '%SamplingRule' AND eventName NOT LIKE 'Get%'
    AND errorCode IS NULL)
SELECT *, lag(rate) IGNORE NULLS OVER (PARTITION BY recipientAccountId, awsRegion, rule ORDER BY eventTime) AS previous
FROM c
ORDER BY eventTime;

SELECT eventTime, recipientAccountId, userIdentity.arn, eventName, element_at(requestParameters, 'samplingRuleUpdate') AS change
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND (eventName = 'DeleteSamplingRule'
       OR (eventName IN ('CreateSamplingRule', 'UpdateSamplingRule')
           AND TRY_CAST(coalesce(json_extract_scalar(element_at(requestParameters, 'samplingRuleUpdate'), '$.fixedRate'),
                                 json_extract_scalar(element_at(requestParameters, 'samplingRule'), '$.fixedRate')) AS double)
               <= 0.001));

SELECT regexp_extract(userAgent, 'xray-daemon/([0-9.]+)', 1) AS daemon, regexp_extract(userAgent, 'exec-env/(\S+)', 1) AS env,
       approx_distinct(userIdentity.principalId) AS hosts, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND userAgent LIKE '%xray-daemon/%'
GROUP BY 1, 2
ORDER BY 1, 2;

SELECT json_extract_scalar(u, '$.errorCode') AS err, userIdentity.sessionContext.sessionIssuer.userName AS role, count(*) AS segments
FROM event_data_store
CROSS JOIN UNNEST(CAST(json_parse(element_at(responseElements, 'unprocessedTraceSegments')) AS array(json))) AS t(u)
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments'
GROUP BY 1, 2
ORDER BY 3 DESC, 1, 2;

SELECT coalesce(tlsDetails.tlsVersion, '(none)') AS tls, userIdentity.arn, sourceIPAddress, userAgent, count(*) AS calls
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND sourceIPAddress NOT LIKE '%.amazonaws.com'
  AND (tlsDetails.tlsVersion IS NULL OR TRY_CAST(replace(tlsDetails.tlsVersion, 'TLSv', '') AS double) < 1.2)
GROUP BY 1, 2, 3, 4;

SELECT coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn) AS principal, min(eventTime) AS first_seen,
       array_sort(array_agg(DISTINCT eventName)) AS did, count(*) AS calls
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventTime > TIMESTAMP '2026-03-03 00:00:00' - INTERVAL '30' DAY
GROUP BY 1
HAVING min(eventTime) > TIMESTAMP '2026-03-03 00:00:00' - INTERVAL '1' DAY
ORDER BY first_seen, 1;

WITH t AS (
  SELECT recipientAccountId AS acct, split_part(d, 'trace_id:', 2) AS trace_id
  FROM event_data_store
  CROSS JOIN UNNEST(CAST(json_parse(element_at(requestParameters, 'traceSegmentDocuments')) AS array(varchar))) AS x(d)
  WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments')
SELECT trace_id, array_sort(array_agg(DISTINCT acct)) AS accounts, count(*) AS segments
FROM t
GROUP BY 1
HAVING count(DISTINCT acct) > 1
ORDER BY segments DESC, trace_id
LIMIT 100;

SELECT sourceIPAddress, userIdentity.arn, eventName, count(*) AS calls
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND TRY_CAST(sourceIPAddress AS ipaddress) IS NOT NULL
  AND NOT contains('10.0.0.0/8', TRY_CAST(sourceIPAddress AS ipaddress))
  AND NOT contains('203.0.113.0/24', TRY_CAST(sourceIPAddress AS ipaddress))
GROUP BY 1, 2, 3
ORDER BY calls DESC, 1, 2, 3;

SELECT regexp_extract(errorMessage, 'perform: (xray:\w+)', 1) AS action, userIdentity.sessionContext.sessionIssuer.arn AS role,
       userIdentity.invokedBy, count(*) AS n, max(eventTime) AS last
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND errorCode LIKE 'AccessDenied%'
GROUP BY 1, 2, 3
ORDER BY n DESC, 1, 2, 3;

SELECT userIdentity.arn, userIdentity.sessionContext.attributes.mfaAuthenticated AS mfa, count(*) AS reads, max(eventTime) AS last
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND sessionCredentialFromConsole = 'true' AND readOnly
  AND coalesce(userIdentity.sessionContext.attributes.mfaAuthenticated, 'false') = 'false'
GROUP BY 1, 2;

SELECT userIdentity.sessionContext.sessionIssuer.arn AS role, awsRegion, max(eventTime) AS last_segment, count(*) AS calls_24h
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments'
  AND eventTime > TIMESTAMP '2026-03-03 00:00:00' - INTERVAL '1' DAY
GROUP BY 1, 2
HAVING max(eventTime) < TIMESTAMP '2026-03-03 00:00:00' - INTERVAL '1' HOUR AND count(*) > 3
ORDER BY last_segment, 1, 2;

SELECT element_at(requestParameters, 'hostname') AS host,
       sum(TRY_CAST(json_extract_scalar(r, '$.segmentsReceivedCount') AS bigint)) AS received,
       sum(TRY_CAST(json_extract_scalar(r, '$.segmentsSpilloverCount') AS bigint)) AS spilled,
       sum(TRY_CAST(json_extract_scalar(r, '$.segmentsRejectedCount') AS bigint)) AS rejected
FROM event_data_store
CROSS JOIN UNNEST(CAST(json_parse(element_at(requestParameters, 'telemetryRecords')) AS array(json))) AS t(r)
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTelemetryRecords'
GROUP BY 1
ORDER BY spilled DESC NULLS LAST, host;

SELECT date_trunc('hour', eventTime) AS hour, userIdentity.arn, count(*) AS calls, count(DISTINCT id) AS traces
FROM event_data_store
CROSS JOIN UNNEST(CAST(json_parse(element_at(requestParameters, 'traceIds')) AS array(varchar))) AS t(id)
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'BatchGetTraces'
GROUP BY 1, 2
HAVING count(DISTINCT id) > 2
ORDER BY traces DESC, 1, 2;

SELECT eventTime, recipientAccountId, userIdentity.arn, element_at(requestParameters, 'policyName') AS policy,
       element_at(requestParameters, 'bypassPolicyLockoutCheck') AS bypass, element_at(requestParameters, 'policyDocument') AS doc
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventName IN ('PutResourcePolicy', 'DeleteResourcePolicy')
ORDER BY eventTime DESC;

SELECT eventTime, recipientAccountId, awsRegion, userIdentity.arn, eventName, requestParameters, errorCode
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventName IN ('UpdateTraceSegmentDestination', 'UpdateIndexingRule', 'UpdateGroup', 'DeleteGroup', 'PutEncryptionConfig',
                    'UpdateSamplingRule', 'DeleteSamplingRule', 'DeleteResourcePolicy')
ORDER BY eventTime DESC;

WITH t AS (
  SELECT userIdentity.sessionContext.sessionIssuer.userName AS role, eventTime,
         from_unixtime(from_base(split_part(split_part(d, 'trace_id:', 2), '-', 2), 16)) AS started
  FROM event_data_store
  CROSS JOIN UNNEST(CAST(json_parse(element_at(requestParameters, 'traceSegmentDocuments')) AS array(varchar))) AS x(d)
  WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments'
    AND regexp_like(d, '^trace_id:1-[0-9a-f]{8}-[0-9a-f]{24}$'))
SELECT role, count(*) AS segments, approx_percentile(date_diff('second', started, eventTime), 0.5) AS p50,
       approx_percentile(date_diff('second', started, eventTime), 0.99) AS p99, count_if(started > eventTime) AS from_future
FROM t
WHERE started BETWEEN eventTime - INTERVAL '30' DAY AND eventTime + INTERVAL '1' HOUR
GROUP BY 1
ORDER BY p99 DESC, role;

SELECT userIdentity.arn, element_at(requestParameters, 'filterExpression') AS filter, count(*) AS n
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'GetTraceSummaries'
  AND regexp_like(lower(element_at(requestParameters, 'filterExpression')), 'annotation\.|user|http\.clientip|email|account')
GROUP BY 1, 2
ORDER BY n DESC, 1, 2;

SELECT userIdentity.sessionContext.sessionIssuer.userName AS role, count_if(vpcEndpointId IS NOT NULL) AS via_vpce,
       count_if(vpcEndpointId IS NULL AND sourceIPAddress NOT LIKE '%.amazonaws.com') AS via_internet
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
GROUP BY 1
HAVING count_if(vpcEndpointId IS NULL) > 0 AND count_if(vpcEndpointId IS NOT NULL) > 0;

SELECT userIdentity.arn, eventName, count(*) AS calls
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND (userIdentity.type IN ('Root', 'IAMUser') OR userIdentity.accessKeyId LIKE 'AKIA%')
GROUP BY 1, 2;

SELECT coalesce(userIdentity.invokedBy, sourceIPAddress) AS service, eventName, count(*) AS calls
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND sourceIPAddress LIKE '%.amazonaws.com'
GROUP BY 1, 2;

SELECT date(eventTime) AS day,
       CASE WHEN userAgent LIKE '%xray-otel-exporter/%' THEN 'otel'
            WHEN userAgent LIKE '%xray-daemon/%' THEN 'daemon'
            WHEN sourceIPAddress LIKE '%.amazonaws.com' THEN 'service'
            ELSE 'other' END AS sender,
       count(*) AS calls
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'PutTraceSegments'
GROUP BY 1, 2;

SELECT json_extract_scalar(s, '$.clientID') AS client, count(*) AS polls,
       count(*) * 1.0 / nullif(date_diff('second', min(eventTime), max(eventTime)), 0) AS rate
FROM event_data_store
CROSS JOIN UNNEST(CAST(json_parse(element_at(requestParameters, 'samplingStatisticsDocuments')) AS array(json))) AS t(s)
WHERE eventSource = 'xray.amazonaws.com' AND eventName = 'GetSamplingTargets'
GROUP BY 1
ORDER BY 2 DESC, 1;

SELECT eventTime, 'sender' AS part, userIdentity.arn
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND any_match(CAST(json_parse(element_at(requestParameters, 'traceSegmentDocuments')) AS array(varchar)),
                d -> d = 'trace_id:' || '1-65aeb32d-5f1e0c7a9b3d2e4f60718290')
UNION ALL
SELECT eventTime, 'reader', userIdentity.arn
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND element_at(requestParameters, 'traceIds') LIKE '%1-65aeb32d-5f1e0c7a9b3d2e4f60718290%'
ORDER BY eventTime;
