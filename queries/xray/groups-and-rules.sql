/*
title = "Groups and sampling rules, before and after"
question = "What did each change of a group or of a sampling rule alter?"

[parameters.name]
type = "varchar"
default = "%"
about = "Pattern of the group's or rule's name"
*/
WITH settings AS (
  SELECT event_time, event_id, account, region, caller, operation, 'sampling rule' AS kind, rule AS name,
    ARRAY[
      ROW('fixedRate', coalesce(json_extract_scalar(asked, '$.fixedRate'), json_extract_scalar(told, '$.fixedRate'))),
      ROW('reservoirSize', coalesce(json_extract_scalar(asked, '$.reservoirSize'), json_extract_scalar(told, '$.reservoirSize'))),
      ROW('priority', coalesce(json_extract_scalar(asked, '$.priority'), json_extract_scalar(told, '$.priority'))),
      ROW('host', coalesce(json_extract_scalar(asked, '$.host'), json_extract_scalar(told, '$.host'))),
      ROW('serviceName', coalesce(json_extract_scalar(asked, '$.serviceName'), json_extract_scalar(told, '$.serviceName'))),
      ROW('serviceType', coalesce(json_extract_scalar(asked, '$.serviceType'), json_extract_scalar(told, '$.serviceType'))),
      ROW('hTTPMethod', coalesce(json_extract_scalar(asked, '$.hTTPMethod'), json_extract_scalar(told, '$.hTTPMethod'))),
      ROW('uRLPath', coalesce(json_extract_scalar(asked, '$.uRLPath'), json_extract_scalar(told, '$.uRLPath'))),
      ROW('resourceARN', coalesce(json_extract_scalar(asked, '$.resourceARN'), json_extract_scalar(told, '$.resourceARN')))
    ] AS members
  FROM xray_sampling_changes
  WHERE event_time < $to
  UNION ALL
  SELECT event_time, event_id, account, region, caller, operation, 'group',
    coalesce(element_at(request, 'groupName'), json_extract_scalar(told, '$.groupName'),
      regexp_extract(element_at(request, 'groupARN'), ':group/([^/]+)', 1)),
    ARRAY[
      ROW('filterExpression', coalesce(element_at(request, 'filterExpression'), json_extract_scalar(told, '$.filterExpression'))),
      ROW('insightsEnabled', coalesce(json_extract_scalar(asked, '$.insightsEnabled'),
        json_extract_scalar(told, '$.insightsConfiguration.insightsEnabled'))),
      ROW('notificationsEnabled', coalesce(json_extract_scalar(asked, '$.notificationsEnabled'),
        json_extract_scalar(told, '$.insightsConfiguration.notificationsEnabled')))
    ]
  FROM (
    SELECT *, element_at(request, 'insightsConfiguration') AS asked, element_at(response, 'group') AS told
    FROM xray_events
    WHERE operation IN ('CreateGroup', 'UpdateGroup', 'DeleteGroup') AND error_code IS NULL AND event_time < $to
  )
), lives AS (
  -- What is created anew has nothing before it.
  SELECT *, count_if(operation LIKE 'Create%') OVER (PARTITION BY account, region, kind, name ORDER BY event_time, event_id) AS life
  FROM settings
  WHERE name IS NOT NULL
), states AS (
  SELECT l.*, m.member, m.value,
    lag(m.value) IGNORE NULLS OVER (
      PARTITION BY account, region, kind, name, life, m.member ORDER BY event_time, event_id) AS value_before
  FROM lives AS l CROSS JOIN UNNEST(members) AS m (member, value)
)
SELECT event_time, account, region, kind, name, operation AS event_name,
  CASE
    WHEN operation LIKE 'Delete%' THEN 'deleted'
    ELSE coalesce(nullif(array_join(array_agg(
      CASE
        WHEN value IS NULL THEN NULL
        WHEN operation LIKE 'Create%' THEN member || ' = ' || value
        WHEN value IS DISTINCT FROM value_before THEN member || ': ' || coalesce(value_before, '?') || ' -> ' || value
      END ORDER BY member), '; '), ''), '(nothing)')
  END AS changes,
  caller AS principal, event_id
FROM states
WHERE event_time >= $from AND event_time < $to
  AND name LIKE $name
GROUP BY event_time, account, region, kind, name, operation, caller, event_id
ORDER BY event_time DESC, event_id DESC
