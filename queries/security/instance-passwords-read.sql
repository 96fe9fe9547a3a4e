/*
title = "Passwords of instances read"
question = "Who read the administrator password, user data or console output of instances?"
techniques = ["T1552"]
chart = "bar"
*/
SELECT caller(userIdentity) AS principal, count(*) AS calls,
  eventName AS event_name,
  count(DISTINCT element_at(requestParameters, 'instanceId')) AS instances, count_if(errorCode IS NOT NULL) AS errors,
  arbitrary(sourceIPAddress) AS address, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'ec2.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND (eventName IN ('GetPasswordData', 'GetConsoleOutput', 'GetConsoleScreenshot')
    OR eventName = 'DescribeInstanceAttribute' AND element_at(requestParameters, 'attribute') = 'userData')
GROUP BY 1, 3
ORDER BY calls DESC
