/*
title = "The life of an instance"
question = "Who launched this instance, and who started, changed, reached and stopped it?"

[parameters.instance]
type = "varchar"
about = "Id of the instance; without one, the newest that was launched"

[parameters.limit]
type = "bigint"
default = "500"
about = "Most rows to show"
*/
WITH wanted AS (
  SELECT coalesce($instance, (
    SELECT max_by(json_extract_scalar(element_at(responseElements, 'instancesSet'), '$.items[0].instanceId'), eventTime)
      FROM event_data_store
    WHERE eventSource = 'ec2.amazonaws.com' AND eventName = 'RunInstances' AND errorCode IS NULL AND eventTime >= $from
      AND eventTime < $to)) AS id
)
SELECT eventTime AS event_time, id AS instance_id, eventName AS event_name,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  element_at(requestParameters, 'instanceType') AS instance_type, userAgent AS user_agent, errorCode AS error, eventID AS event_id
FROM event_data_store CROSS JOIN wanted
WHERE eventSource IN ('ec2.amazonaws.com', 'ssm.amazonaws.com', 'autoscaling.amazonaws.com', 'ec2-instance-connect.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND (readOnly = false OR eventName IN ('GetPasswordData', 'GetConsoleOutput', 'DescribeInstanceAttribute'))
  AND (strpos(element_at(responseElements, 'instancesSet'), id) > 0
    OR any_match(map_values(requestParameters), v -> strpos(v, id) > 0))
ORDER BY event_time
LIMIT $limit
