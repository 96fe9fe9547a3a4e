/*
title = "Unusual instance types"
question = "Which instances are of a size that is rarely launched, or made for mining and training?"
techniques = ["T1496"]

[parameters.launches]
type = "bigint"
default = "2"
about = "A type launched at most so often is rare"

[parameters.types]
type = "varchar"
default = "^(p\\d|g\\d|trn|inf|dl|vt|f1|f2|x\\d|u-|hpc)|\\.(metal|(9|10|12|16|18|24|32|48|56|112)xlarge)"
about = "Regular expression of types that are worth a look however often they are launched"
*/
WITH launches AS (
  SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
    caller(userIdentity) AS principal, sourceIPAddress AS address,
    coalesce(element_at(requestParameters, 'instanceType'),
      json_extract_scalar(element_at(responseElements, 'instancesSet'), '$.items[0].instanceType')) AS instance_type,
    errorCode AS error
  FROM event_data_store
  WHERE eventSource = 'ec2.amazonaws.com' AND eventName IN ('RunInstances', 'RequestSpotInstances', 'CreateFleet')
    AND eventTime >= $from AND eventTime < $to
)
SELECT event_time, account, region, principal, address, instance_type, launches_of_type,
  regexp_like(instance_type, $types) AS large_or_special, error
FROM (SELECT *, count(*) OVER (PARTITION BY instance_type) AS launches_of_type FROM launches)
WHERE launches_of_type <= $launches OR regexp_like(instance_type, $types)
ORDER BY large_or_special DESC, event_time DESC
