/*
title = "Accounts that are not ours"
question = "Which accounts call into ours although the trail has no events of their own?"
techniques = ["T1199"]
chart = "bar"
*/
SELECT userIdentity.accountId AS caller_account, count(*) AS calls, count(DISTINCT recipientAccountId) AS accounts,
  count(DISTINCT eventName) AS operations, count_if(readOnly = false) AS writes, count_if(errorCode IS NOT NULL) AS errors,
  min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM event_data_store
WHERE eventTime >= $from AND eventTime < $to
  AND userIdentity.accountId <> recipientAccountId
  AND userIdentity.accountId NOT IN (
    SELECT recipientAccountId FROM event_data_store WHERE recipientAccountId IS NOT NULL AND eventTime >= $from
      AND eventTime < $to)
GROUP BY 1
ORDER BY calls DESC
