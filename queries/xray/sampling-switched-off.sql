/*
title = "Sampling switched off"
question = "Was a sampling rule deleted or set so low that nothing is recorded?"

[parameters.rate]
type = "double"
default = "0.001"
about = "A rate up to this counts as off"
*/
SELECT event_time, account, region, caller AS principal, source_ip AS address, operation AS event_name, rule,
  IF(operation <> 'DeleteSamplingRule', rate) AS rate, event_id
FROM xray_sampling_changes
WHERE event_time >= $from AND event_time < $to
  AND (operation = 'DeleteSamplingRule' OR rate <= $rate)
ORDER BY event_time DESC, event_id DESC
