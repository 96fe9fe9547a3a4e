/*
title = "Networks joined with other accounts"
question = "Which peerings, transit gateways and endpoint services join our networks with another account?"
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, eventName AS event_name,
  coalesce(element_at(requestParameters, 'peerOwnerId'),
    json_extract_scalar(element_at(responseElements, 'vpcPeeringConnection'), '$.accepterVpcInfo.ownerId'),
    element_at(requestParameters, 'peerAccountId'), userIdentity.accountId) AS other_account,
  coalesce(element_at(requestParameters, 'vpcId'), element_at(requestParameters, 'vpcPeeringConnectionId'),
    element_at(requestParameters, 'transitGatewayId'),
    element_at(requestParameters, 'ModifyVpcEndpointServicePermissionsRequest')) AS subject,
  coalesce(element_at(requestParameters, 'peerVpcId'), element_at(requestParameters, 'peerTransitGatewayId')) AS peer,
  errorCode AS error
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com'
  AND eventName IN ('CreateVpcPeeringConnection', 'AcceptVpcPeeringConnection', 'CreateTransitGatewayPeeringAttachment',
    'AcceptTransitGatewayPeeringAttachment', 'AcceptTransitGatewayVpcAttachment', 'ModifyVpcEndpointServicePermissions',
    'AcceptVpcEndpointConnections')
  AND eventTime >= $from AND eventTime < $to
ORDER BY event_time DESC
