/*
title = "Versions of the X-Ray daemon"
question = "Which versions of the X-Ray daemon still run, and on how many hosts?"
chart = "bar"

[parameters.version]
type = "varchar"
default = "%"
about = "Pattern of the version, such as 3.3.%"
*/
SELECT version, count(DISTINCT principal) AS hosts, environment, count(*) AS calls,
  count(DISTINCT account) AS accounts, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM (
  SELECT regexp_extract(userAgent, 'xray-daemon/([0-9.]+)', 1) AS version,
    regexp_extract(userAgent, 'exec-env/(\S+)', 1) AS environment,
    userIdentity.principalId AS principal, recipientAccountId AS account, eventTime
  FROM event_data_store
  WHERE eventSource = 'xray.amazonaws.com'
    AND eventTime >= $from AND eventTime < $to
    AND userAgent LIKE '%xray-daemon/%'
)
WHERE version LIKE $version
GROUP BY version, environment
ORDER BY hosts DESC, version
