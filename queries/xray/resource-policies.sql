/*
title = "Resource policies of X-Ray"
question = "Which resource policies were put on X-Ray or tried, and do they open it to everyone or to another account?"
*/
WITH policies AS (
  SELECT *, element_at(request, 'policyDocument') AS document,
    TRY(CAST(json_parse(element_at(request, 'policyDocument')) AS map(varchar, json))) AS members
  FROM xray_events
  WHERE operation IN ('PutResourcePolicy', 'DeleteResourcePolicy')
    AND event_time >= $from AND event_time < $to
), allowing AS (
  SELECT *, filter(
    coalesce(TRY(CAST(element_at(members, 'Statement') AS array(json))), ARRAY[element_at(members, 'Statement')]),
    statement -> json_extract_scalar(statement, '$.Effect') = 'Allow') AS statements
  FROM policies
), opened AS (
  SELECT *, flatten(transform(statements, statement -> coalesce(
      TRY(CAST(json_extract(statement, '$.Principal.AWS') AS array(varchar))),
      ARRAY[json_extract_scalar(statement, '$.Principal.AWS'), json_extract_scalar(statement, '$.Principal')]))) AS principals
  FROM allowing
)
SELECT event_time, account, caller AS principal, operation AS event_name, element_at(request, 'policyName') AS policy,
  IF(members IS NOT NULL,
    any_match(principals, p -> coalesce(p = '*', false))
    OR any_match(statements, statement -> json_extract(statement, '$.NotPrincipal') IS NOT NULL)) AS everyone,
  IF(members IS NOT NULL, array_join(array_sort(array_distinct(filter(
    transform(principals, p -> coalesce(regexp_extract(p, '^\d{12}$'), regexp_extract(p, '^arn:aws[a-z-]*:(?:iam|sts)::(\d{12}):', 1))),
    id -> id IS DISTINCT FROM account AND id IS NOT NULL))), ' ')) AS other_accounts,
  element_at(request, 'bypassPolicyLockoutCheck') AS lockout_check_bypassed, error_code AS error, document, event_id
FROM opened
ORDER BY everyone DESC NULLS LAST, event_time DESC, event_id DESC
