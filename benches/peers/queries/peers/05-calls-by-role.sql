SELECT useridentity.sessioncontext.sessionissuer.arn AS role, count(*) AS calls FROM event_data_store WHERE eventname = {busy_event} GROUP BY ALL ORDER BY calls DESC, role NULLS LAST;
