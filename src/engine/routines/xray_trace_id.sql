CASE
  WHEN regexp_like(id, '^(?:trace_id:)?1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24}$') THEN lower(substr(id, -35))
  WHEN regexp_like(id, '^(?:trace_id:)?[0-9a-fA-F]{32}$')
    THEN '1-' || lower(substr(id, -32, 8)) || '-' || lower(substr(id, -24))
  WHEN starts_with(id, 'trace_id:') THEN substr(id, 10)
  ELSE id
END
