/*
title = "Versions of TLS"
question = "With which versions of TLS and which ciphers are services called?"
chart = "bar"

[parameters.source]
type = "varchar"
default = "%"
about = "Pattern of the event source"
*/
SELECT coalesce(tlsDetails.tlsVersion, '(none)') AS tls_version, count(*) AS calls, tlsDetails.cipherSuite AS cipher_suite,
  count(DISTINCT eventSource) AS services, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND eventSource LIKE $source
GROUP BY 1, 3
ORDER BY calls DESC
