/*
title = "Objects deleted in bulk"
question = "Who deleted many objects of a bucket within an hour, or whole lists of them?"
techniques = ["T1485"]

[parameters.objects]
type = "bigint"
default = "10"
about = "Least number of deletions in the hour, unless lists were deleted"
*/
SELECT date_trunc('hour', eventTime) AS hour,
  caller(userIdentity) AS principal,
  element_at(requestParameters, 'bucketName') AS bucket,
  count_if(eventName = 'DeleteObject') AS objects, count_if(eventName <> 'DeleteObject') AS lists,
  count_if(errorCode IS NOT NULL) AS errors, arbitrary(sourceIPAddress) AS address, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 's3.amazonaws.com' AND eventName IN ('DeleteObject', 'DeleteObjects', 'DeleteObjectVersion')
  AND eventTime >= $from AND eventTime < $to
GROUP BY 1, 2, 3
HAVING count(*) >= $objects OR count_if(eventName = 'DeleteObjects') > 0
ORDER BY objects DESC, lists DESC
