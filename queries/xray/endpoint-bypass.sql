/*
title = "Roles that bypass the VPC endpoint"
question = "Which roles and users reach X-Ray both through a VPC endpoint and over the internet?"
chart = "bar"
*/
SELECT role, count_if(over_internet) AS over_internet, count(vpc_endpoint) AS over_endpoint, count(DISTINCT vpc_endpoint) AS endpoints,
  max(IF(over_internet, event_time)) AS last_over_internet
FROM (
  SELECT *, vpc_endpoint IS NULL AND TRY_CAST(source_ip AS ipaddress) IS NOT NULL AS over_internet
  FROM xray_events
  WHERE role IS NOT NULL
    AND event_time >= $from AND event_time < $to
)
GROUP BY 1
HAVING count(vpc_endpoint) > 0 AND count_if(over_internet) > 0
ORDER BY over_internet DESC, role
