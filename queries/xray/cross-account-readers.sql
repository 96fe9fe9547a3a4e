/*
title = "Readers of another account's traces"
question = "Who reads X-Ray data of an account that is not their own?"

[parameters.caller]
type = "varchar"
default = "%"
about = "Pattern of the caller's account id"
*/
SELECT caller_account, account AS owner_account, caller AS principal, operation AS event_name, count(*) AS calls,
  min(event_time) AS first_seen, max(event_time) AS last_seen
FROM xray_events
WHERE event_time >= $from AND event_time < $to
  AND caller_account <> account AND caller_account LIKE $caller
  AND category NOT IN ('send', 'sample') AND coalesce(read_only, true)
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC, principal, event_name
