/*
title = "Requests on behalf of people"
question = "Was a request made on behalf of a user of IAM Identity Center, and of whom?"
*/
SELECT on_behalf_of IS NOT NULL OR coalesce(identity_type = 'IdentityCenterUser', false) OR permission_set AS on_behalf,
  coalesce(on_behalf_of, IF(permission_set, session)) AS person, identity_store, identity_type, caller AS principal, count(*) AS calls,
  min(event_time) AS first_seen, max(event_time) AS last_seen
FROM (
  -- Identity Center signs people in to roles of its permission sets; the session is then the person's name.
  SELECT *, coalesce(role LIKE '%/AWSReservedSSO\_%' ESCAPE '\', false) AS permission_set
  FROM xray_events
  WHERE event_time >= $from AND event_time < $to
)
GROUP BY 1, 2, 3, 4, 5
ORDER BY on_behalf DESC, calls DESC, principal, person
