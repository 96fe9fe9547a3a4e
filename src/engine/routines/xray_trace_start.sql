IF(regexp_like(id, '^1-[0-9a-f]{8}-[0-9a-f]{24}$')
    AND from_base(substr(id, 3, 8), 16) BETWEEN to_unixtime(seen) - 30 * 86400 AND to_unixtime(seen) + 3600,
  CAST(from_unixtime(from_base(substr(id, 3, 8), 16)) AT TIME ZONE 'UTC' AS timestamp(3)))
