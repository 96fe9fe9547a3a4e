/*
title = "X-Ray calls below TLS 1.2"
question = "Who calls X-Ray with an outdated version of TLS, or without telling one?"
chart = "bar"

[parameters.version]
type = "double"
default = "1.2"
about = "Lowest version that is good enough"
*/
SELECT coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn) AS principal, count(*) AS calls,
  coalesce(tlsDetails.tlsVersion, '(none)') AS tls_version, count(DISTINCT sourceIPAddress) AS addresses,
  arbitrary(userAgent) AS user_agent, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND sourceIPAddress NOT LIKE '%.amazonaws.com' AND sourceIPAddress <> 'AWS Internal'
  AND (tlsDetails.tlsVersion IS NULL
    OR coalesce(TRY_CAST(replace(tlsDetails.tlsVersion, 'TLSv') AS double), 0) < $version)
GROUP BY 1, 3
ORDER BY calls DESC
