/*
title = "Changes of the encryption of traces"
question = "Who changed the encryption of traces, and to what?"

[parameters.account]
type = "varchar"
default = "%"
about = "Pattern of the account's id"
*/
SELECT event_time, account, region, caller AS principal, source_ip AS address, element_at(request, 'type') AS encryption,
  element_at(request, 'keyId') AS key_id, error_code AS error, event_id
FROM xray_events
WHERE operation = 'PutEncryptionConfig'
  AND event_time >= $from AND event_time < $to
  AND coalesce(account, '') LIKE $account
ORDER BY event_time DESC, event_id DESC
