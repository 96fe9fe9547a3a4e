/*
title = "Roles that bypass the VPC endpoint"
question = "Which roles reach X-Ray both through a VPC endpoint and over the internet?"
chart = "bar"
*/
SELECT userIdentity.sessionContext.sessionIssuer.userName AS role,
  count_if(vpcEndpointId IS NULL AND TRY_CAST(sourceIPAddress AS ipaddress) IS NOT NULL) AS over_internet,
  count_if(vpcEndpointId IS NOT NULL) AS over_endpoint, count(DISTINCT vpcEndpointId) AS endpoints,
  max(CASE WHEN vpcEndpointId IS NULL THEN eventTime END) AS last_over_internet
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND userIdentity.sessionContext.sessionIssuer.userName IS NOT NULL
GROUP BY 1
HAVING count_if(vpcEndpointId IS NOT NULL) > 0
  AND count_if(vpcEndpointId IS NULL AND TRY_CAST(sourceIPAddress AS ipaddress) IS NOT NULL) > 0
ORDER BY over_internet DESC
