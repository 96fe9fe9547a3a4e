/*
title = "Tools that change things"
question = "With which tools are changes made?"
chart = "bar"

[parameters.writes]
type = "boolean"
default = "true"
about = "Whether only changes count"
*/
SELECT CASE WHEN sessionCredentialFromConsole = 'true' OR userAgent LIKE 'Mozilla/%' THEN 'console'
    WHEN userAgent LIKE '%Terraform/%' THEN 'Terraform' WHEN userAgent = 'cloudformation.amazonaws.com' THEN 'CloudFormation'
    WHEN sourceIPAddress LIKE '%.amazonaws.com' OR userAgent LIKE '%.amazonaws.com' THEN 'AWS service'
    WHEN userAgent LIKE 'AWS Internal%' THEN 'AWS Internal' WHEN userAgent LIKE '%aws-cli/%' THEN 'CLI'
    WHEN regexp_like(userAgent, '(?i)boto') THEN 'SDK for Python'
    ELSE coalesce('SDK for ' || regexp_extract(userAgent, 'aws-sdk-([a-z]+)', 1), 'other') END AS tool,
  count(*) AS calls, count(errorCode) AS errors, count(DISTINCT eventSource) AS services,
  count(DISTINCT recipientAccountId) AS accounts,
  approx_distinct(caller(userIdentity)) AS principals, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND managementEvent AND (NOT $writes OR readOnly = false)
GROUP BY 1
ORDER BY calls DESC
