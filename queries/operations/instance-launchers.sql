/*
title = "Who launches instances"
question = "Who launches instances, how many, of which types, and how often in vain?"
chart = "bar"
*/
SELECT principal(userIdentity) AS principal,
  count(*) AS launches,
  sum(coalesce(TRY_CAST(json_extract_scalar(element_at(requestParameters, 'instancesSet'), '$.items[0].maxCount') AS bigint), 1)) FILTER (WHERE errorCode IS NULL) AS instances,
  count(DISTINCT element_at(requestParameters, 'instanceType')) AS types, count(errorCode) AS errors,
  count(DISTINCT awsRegion) AS regions,
  max_by(element_at(requestParameters, 'instanceType'), eventTime) AS last_type, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com' AND eventName = 'RunInstances'
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1
ORDER BY launches DESC
