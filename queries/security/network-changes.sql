/*
title = "Changes of networks"
question = "Who changed VPCs, subnets, routes, gateways, peerings or endpoints?"

[parameters.event]
type = "varchar"
default = "%"
about = "Pattern of the event's name"

[parameters.principal]
type = "varchar"
default = "%"
about = "Pattern of the caller's ARN"

[parameters.limit]
type = "bigint"
default = "100"
about = "Most rows to show"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventName AS event_name,
  coalesce(element_at(requestParameters, 'routeTableId'), element_at(requestParameters, 'internetGatewayId'),
    element_at(requestParameters, 'natGatewayId'), element_at(requestParameters, 'vpcPeeringConnectionId'),
    element_at(requestParameters, 'subnetId'), element_at(requestParameters, 'vpcId'),
    element_at(requestParameters, 'transitGatewayId'), element_at(requestParameters, 'CreateVpcEndpointRequest'),
    element_at(requestParameters, 'DeleteVpcEndpointsRequest'),
    element_at(requestParameters, 'ModifyVpcEndpointRequest')) AS subject,
  coalesce(element_at(requestParameters, 'destinationCidrBlock'), element_at(requestParameters, 'cidrBlock'),
    element_at(requestParameters, 'peerOwnerId')) AS detail,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND readOnly = false
  AND regexp_like(eventName,
    'Vpc|Subnet|Route|Gateway|Peering|DhcpOptions|Vpn|TransitGateway|FlowLogs|ElasticIp|Address|ClientVpn')
  AND eventName LIKE $event AND coalesce(caller(userIdentity), '') LIKE $principal
ORDER BY event_time DESC
LIMIT $limit
