/*
title = "Resource policies of X-Ray"
question = "Which resource policies were put on X-Ray, and do they open it to everyone or to another account?"
*/
SELECT event_time, account, principal, event_name, policy, everyone,
  array_join(array_distinct(filter(accounts, id -> id <> account)), ' ') AS other_accounts, lockout_check_bypassed, document
FROM (
  SELECT eventTime AS event_time, recipientAccountId AS account, userIdentity.arn AS principal, eventName AS event_name,
    element_at(requestParameters, 'policyName') AS policy, element_at(requestParameters, 'policyDocument') AS document,
    element_at(requestParameters, 'bypassPolicyLockoutCheck') AS lockout_check_bypassed,
    regexp_like(element_at(requestParameters, 'policyDocument'),
      '"Principal"\s*:\s*("\*"|\{\s*"AWS"\s*:\s*\[?\s*"\*")') AS everyone,
    regexp_extract_all(element_at(requestParameters, 'policyDocument'), '"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::[^"]*)?"',
      1) AS accounts
  FROM event_data_store
  WHERE eventSource = 'xray.amazonaws.com' AND eventName IN ('PutResourcePolicy', 'DeleteResourcePolicy')
    AND eventTime >= $from AND eventTime < $to
    AND errorCode IS NULL
)
ORDER BY everyone DESC NULLS LAST, event_time DESC
