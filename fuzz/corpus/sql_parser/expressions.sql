SELECT CAST(r AS row(a bigint, array(varchar(3)))), TRY_CAST(x AS timestamp(3) with time zone), DATE '2020-01-01',
INTERVAL -'1' DAY TO HOUR, U&'\0041!0042' UESCAPE '!', X'0a fF', 1_000.5e-3, 1.5, "a""b", 'it''s', -x || y % 2,
CASE a WHEN 1 THEN 2 ELSE 3 END, x IS NOT DISTINCT FROM y, x AT TIME ZONE 'UTC', EXTRACT(YEAR FROM t),
transform(a, x -> x + 1), reduce(a, 0, (s, x) -> s + x, s -> s), ARRAY[1, NULL], ROW(1, 2), GROUPING(a), current_timestamp(3),
TRIM(LEADING 'x' FROM y), SUBSTRING(x FROM 2 FOR 3), POSITION('a' IN b), NORMALIZE(x, NFD), IF(a, b)
