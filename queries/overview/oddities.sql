/*
title = "Worth a look"
question = "What stands out: root, sign-ins without MFA, old TLS, refusals, late and undated events?"
*/
WITH seen AS (
  SELECT eventTime, userIdentity, errorCode, tlsDetails, addendum, eventVersion, eventName, additionalEventData, responseElements,
    sourceIPAddress
  FROM event_data_store
  WHERE eventTime IS NULL OR (eventTime >= $from AND eventTime < $to)
), odd AS (
  SELECT 'calls of root' AS oddity, eventTime FROM seen WHERE userIdentity.type = 'Root'
  UNION ALL
  SELECT 'console sign-ins without MFA', eventTime FROM seen
  WHERE eventName = 'ConsoleLogin' AND element_at(additionalEventData, 'MFAUsed') = 'No' AND element_at(responseElements, 'ConsoleLogin') = 'Success'
  UNION ALL
  SELECT 'failed console sign-ins', eventTime FROM seen
  WHERE eventName = 'ConsoleLogin' AND element_at(responseElements, 'ConsoleLogin') = 'Failure'
  UNION ALL
  SELECT 'denied calls', eventTime FROM seen WHERE errorCode LIKE 'AccessDenied%' OR errorCode LIKE '%UnauthorizedOperation%'
  UNION ALL
  SELECT 'throttled calls', eventTime FROM seen WHERE errorCode LIKE 'Throttl%' OR errorCode LIKE '%RequestLimitExceeded%'
  UNION ALL
  SELECT 'calls below TLS 1.2', eventTime FROM seen WHERE tlsDetails.tlsVersion IN ('SSLv3', 'TLSv1', 'TLSv1.0', 'TLSv1.1')
  UNION ALL
  SELECT 'logging or detection changed', eventTime FROM seen
  WHERE eventName IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors', 'StopEventDataStoreIngestion', 'DeleteEventDataStore',
    'StopConfigurationRecorder', 'DeleteConfigurationRecorder', 'DeleteDetector', 'UpdateDetector', 'DisableSecurityHub', 'DeleteFlowLogs', 'DeleteLogGroup')
  UNION ALL
  SELECT 'events with an addendum: late or corrected', eventTime FROM seen WHERE addendum IS NOT NULL
  UNION ALL
  SELECT 'events without a readable time', eventTime FROM seen WHERE eventTime IS NULL
  UNION ALL
  SELECT 'events of the future', eventTime FROM seen WHERE eventTime > now() + INTERVAL '1' DAY
)
SELECT oddity, count(*) AS events, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM odd
GROUP BY oddity
ORDER BY events DESC, oddity
