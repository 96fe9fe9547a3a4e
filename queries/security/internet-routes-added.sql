/*
title = "Ways to the internet opened"
question = "Which routes to the whole internet, internet gateways and public addresses were added?"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, eventName AS event_name,
  coalesce(element_at(requestParameters, 'routeTableId'), element_at(requestParameters, 'vpcId'),
    element_at(requestParameters, 'subnetId'), element_at(requestParameters, 'instanceId'),
    element_at(requestParameters, 'networkInterfaceId')) AS subject,
  coalesce(element_at(requestParameters, 'gatewayId'), element_at(requestParameters, 'internetGatewayId'),
    element_at(requestParameters, 'natGatewayId'), element_at(requestParameters, 'egressOnlyInternetGatewayId'),
    element_at(requestParameters, 'publicIp'), element_at(requestParameters, 'allocationId')) AS through,
  sourceIPAddress AS address, errorCode AS error
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND (eventName IN ('AttachInternetGateway', 'AssociateAddress', 'CreateEgressOnlyInternetGateway')
    OR eventName IN ('CreateRoute', 'ReplaceRoute') AND (element_at(requestParameters, 'destinationCidrBlock') = '0.0.0.0/0'
      OR element_at(requestParameters, 'destinationIpv6CidrBlock') = '::/0')
    OR eventName = 'ModifySubnetAttribute' AND element_at(requestParameters, 'mapPublicIpOnLaunch') LIKE '%true%')
ORDER BY event_time DESC
