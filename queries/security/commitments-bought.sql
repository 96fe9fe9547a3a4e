/*
title = "Capacity and commitments bought"
question = "Who bought or tried to buy reserved capacity, savings plans, subscriptions or domains?"
techniques = ["T1496"]
*/
SELECT eventTime AS event_time, recipientAccountId AS account, awsRegion AS region,
  caller(userIdentity) AS principal, sourceIPAddress AS address,
  eventSource AS event_source, eventName AS event_name, json_format(CAST(requestParameters AS json)) AS request,
  errorCode AS error
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND (eventName LIKE 'Purchase%'
    OR eventName IN ('CreateSavingsPlan', 'AcceptReservedInstancesExchangeQuote', 'CreateCapacityReservation',
    'RegisterDomain', 'TransferDomain', 'RenewDomain', 'CreateAgreementRequest', 'AcceptAgreementRequest',
    'RequestServiceQuotaIncrease', 'AllocateHosts'))
ORDER BY event_time DESC
