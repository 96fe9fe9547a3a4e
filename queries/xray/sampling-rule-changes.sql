/*
title = "Sampling rules, before and after"
question = "How did the rate of each sampling rule change, and by whom?"

[parameters.rule]
type = "varchar"
default = "%"
about = "Pattern of the rule's name"
*/
SELECT event_time, account, region, rule, operation AS event_name, rate_before, rate_after, caller AS principal, event_id
FROM xray_sampling_changes
WHERE event_time >= $from AND event_time < $to
  AND rule LIKE $rule
ORDER BY event_time DESC, event_id DESC
