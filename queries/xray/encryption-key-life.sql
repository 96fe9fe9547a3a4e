/*
title = "The life of the encryption key"
question = "What happened to the keys that encrypt traces: their grants, their settings, X-Ray's use of them?"

[parameters.key]
type = "varchar"
default = "%"
about = "Pattern of the key's id, or of alias/NAME"
*/
WITH config AS (
  SELECT event_time, account, region, 'xray.amazonaws.com' AS event_source, operation AS event_name, caller AS principal,
    regexp_replace(element_at(request, 'keyId'), '^.*:(?:key/|(alias/))', '$1') AS asked,
    regexp_replace(json_extract_scalar(element_at(response, 'encryptionConfig'), '$.keyId'), '^.*:(?:key/|(alias/))', '$1') AS told,
    element_at(request, 'type') AS detail, error_code AS error, event_id
  FROM xray_events
  WHERE operation = 'PutEncryptionConfig' AND event_time < $to
), wanted AS (
  SELECT array_agg(id) AS ids FROM config CROSS JOIN UNNEST(ARRAY[asked, told]) AS t (id) WHERE id <> ''
), events AS (
  SELECT event_time, account, region, event_source, event_name, principal, coalesce(asked, told) AS key, detail, error, event_id
  FROM config
  UNION ALL
  SELECT eventTime, recipientAccountId, awsRegion, eventSource, eventName, caller(userIdentity),
    array_min(array_intersect(ids, transform(
      filter(ARRAY[
        element_at(requestParameters, 'keyId'), element_at(requestParameters, 'targetKeyId'), element_at(requestParameters, 'aliasName'),
        element_at(responseElements, 'keyId'), json_extract_scalar(element_at(responseElements, 'keyMetadata'), '$.keyId')
      ] || coalesce(transform(resources, resource -> resource.arn), ARRAY[]), id -> id IS NOT NULL),
      id -> regexp_replace(id, '^.*:(?:key/|(alias/))', '$1')))),
    CASE
      WHEN eventName = 'CreateGrant' THEN element_at(requestParameters, 'granteePrincipal')
      WHEN eventName = 'ScheduleKeyDeletion' THEN element_at(requestParameters, 'pendingWindowInDays')
      WHEN eventName LIKE '%Alias' THEN element_at(requestParameters, 'aliasName')
    END,
    errorCode, eventID
  FROM event_data_store CROSS JOIN wanted
  WHERE eventSource = 'kms.amazonaws.com' AND eventTime < $to
    AND eventName IN ('CreateGrant', 'RetireGrant', 'RevokeGrant', 'DisableKey', 'EnableKey', 'ScheduleKeyDeletion',
      'CancelKeyDeletion', 'PutKeyPolicy', 'DisableKeyRotation', 'EnableKeyRotation', 'CreateAlias', 'UpdateAlias', 'DeleteAlias',
      'CreateKey', 'ImportKeyMaterial', 'DeleteImportedKeyMaterial', 'UpdatePrimaryRegion', 'TagResource', 'UntagResource')
)
SELECT * FROM events
WHERE event_time >= $from
  AND (event_source = 'xray.amazonaws.com' OR key IS NOT NULL) AND coalesce(key, '') LIKE $key
ORDER BY event_time, event_id
