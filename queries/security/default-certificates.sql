/*
title = "Default certificates and weak listeners"
question = "Which distributions and load balancers were set up with a default certificate, plain HTTP or an old TLS policy?"
*/
SELECT eventTime AS event_time, recipientAccountId AS account,
  caller(userIdentity) AS principal, eventName AS event_name,
  coalesce(json_extract_scalar(element_at(responseElements, 'distribution'), '$.id'), element_at(requestParameters, 'id'),
    element_at(requestParameters, 'loadBalancerArn'), element_at(requestParameters, 'listenerArn'),
    element_at(requestParameters, 'loadBalancerName')) AS subject,
  coalesce(json_extract_scalar(element_at(requestParameters, 'distributionConfig'), '$.viewerCertificate.cloudFrontDefaultCertificate') = 'true',
    false) AS default_certificate,
  coalesce(json_extract_scalar(element_at(requestParameters, 'distributionConfig'), '$.viewerCertificate.minimumProtocolVersion'),
    element_at(requestParameters, 'sslPolicy'), element_at(requestParameters, 'protocol')) AS protocol,
  errorCode AS error
FROM event_data_store
WHERE eventSource IN ('cloudfront.amazonaws.com', 'elasticloadbalancing.amazonaws.com')
  AND eventTime >= $from AND eventTime < $to
  AND (regexp_like(eventName, '^(Create|Update)Distribution')
      AND regexp_like(element_at(requestParameters, 'distributionConfig'),
        '"cloudFrontDefaultCertificate":true|"minimumProtocolVersion":"(SSLv3|TLSv1|TLSv1_2016|TLSv1.1_2016)"')
    OR eventName IN ('CreateListener', 'ModifyListener', 'CreateLoadBalancerListeners')
      AND (element_at(requestParameters, 'protocol') = 'HTTP'
        OR regexp_like(coalesce(element_at(requestParameters, 'sslPolicy'), element_at(requestParameters, 'listeners')),
        '2015|2016|TLS-1-0|TLS-1-1|"protocol":"HTTP"')))
ORDER BY event_time DESC
