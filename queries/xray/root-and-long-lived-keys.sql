/*
title = "Root and long-lived keys at X-Ray"
question = "Who calls X-Ray as root, as an IAM user or with a long-lived access key?"
techniques = ["T1078.004"]
chart = "bar"
*/
SELECT userIdentity.arn AS principal, count(*) AS calls, userIdentity.type AS identity_type,
  userIdentity.accessKeyId AS access_key, count(DISTINCT eventName) AS operations,
  count_if(coalesce(readOnly, false) = false) AS writes, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventSource = 'xray.amazonaws.com'
  AND eventTime >= $from AND eventTime < $to
  AND (userIdentity.type IN ('Root', 'IAMUser') OR userIdentity.accessKeyId LIKE 'AKIA%')
GROUP BY 1, 3, 4
ORDER BY identity_type = 'Root' DESC, calls DESC
