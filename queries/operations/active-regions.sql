/*
title = "Most active regions"
question = "In which regions is most done, and in which hardly anything?"
chart = "bar"

[parameters.category]
type = "varchar"
default = "%"
about = "Management, Data, NetworkActivity or a pattern"
*/
SELECT awsRegion AS region, count(*) AS calls, count_if(readOnly = false) AS writes, count(errorCode) AS errors,
  count(DISTINCT eventSource) AS services, count(DISTINCT recipientAccountId) AS accounts, min(eventTime) AS first_seen,
  max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND coalesce(eventCategory, '') LIKE $category
GROUP BY 1
ORDER BY calls DESC
