/*
title = "Calls with outdated TLS"
question = "Who calls AWS with a version of TLS below 1.2, and with which program?"
chart = "bar"

[parameters.version]
type = "double"
default = "1.2"
about = "Lowest version that is good enough"
*/
SELECT caller(userIdentity) AS principal, count(*) AS calls,
  tlsDetails.tlsVersion AS tls_version,
  arbitrary(tlsDetails.cipherSuite) AS cipher_suite, count(DISTINCT eventSource) AS services,
  arbitrary(sourceIPAddress) AS address,
  arbitrary(userAgent) AS user_agent, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND tlsDetails.tlsVersion NOT IN ('TLSv1.2', 'TLSv1.3')
  AND coalesce(TRY_CAST(replace(tlsDetails.tlsVersion, 'TLSv') AS double), 0) < $version
GROUP BY 1, 3
ORDER BY calls DESC
