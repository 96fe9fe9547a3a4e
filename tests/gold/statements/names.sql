-- Names: which column a dotted name means where columns, relations, fields of rows, parameters and aliases share names.

-- A column named like its relation.
WITH calls AS (SELECT 1 AS role, CAST(ROW(2) AS ROW(role integer)) AS calls) SELECT calls.role FROM calls;
WITH calls AS (SELECT 1 AS role, CAST(ROW(2) AS ROW(role integer)) AS calls) SELECT calls.calls.role FROM calls;
WITH calls AS (SELECT 1 AS role, CAST(ROW(2) AS ROW(role integer)) AS calls) SELECT calls.calls FROM calls;
WITH calls AS (SELECT 1 AS role, CAST(ROW(2) AS ROW(role integer)) AS calls) SELECT c.role, calls.role, c.calls.role FROM calls AS c;
WITH calls AS (SELECT 1 AS role, 2 AS calls) SELECT calls.role, calls.calls, calls FROM calls;
WITH calls AS (SELECT 1 AS calls) SELECT calls.role FROM calls;
WITH calls AS (SELECT 1 AS x, CAST(ROW(2) AS ROW(role integer)) AS calls) SELECT calls.role, calls.x FROM calls;
WITH calls AS (SELECT CAST(ROW(2, 3) AS ROW(calls integer, role integer)) AS calls) SELECT calls.calls, calls.calls.calls, calls.role FROM calls;
WITH calls AS (SELECT 1 AS role, CAST(ROW(2) AS ROW(role integer)) AS calls) SELECT "calls"."role", CALLS.Role, "CALLS"."ROLE", Calls.Calls.Role FROM calls;
WITH calls AS (SELECT 1 AS role, CAST(ROW(2) AS ROW(role integer)) AS calls) SELECT (calls).role FROM calls;
WITH calls AS (SELECT 1 AS role, CAST(ROW(2) AS ROW(role integer)) AS calls) SELECT (calls.calls).role FROM calls;
WITH calls AS (SELECT 1 AS role, CAST(ROW(2) AS ROW(role integer)) AS calls) SELECT calls[1] FROM calls;
WITH calls AS (SELECT 1 AS role, CAST(ROW(2) AS ROW(role integer)) AS calls) SELECT calls.* FROM calls;
WITH calls AS (SELECT 1 AS role, CAST(ROW(2) AS ROW(role integer)) AS calls) SELECT calls.calls.* FROM calls;
SELECT t.t, t.t.t, t.t.t.t FROM (SELECT CAST(ROW(ROW(1)) AS ROW(t ROW(t integer))) AS t) AS t;
SELECT t.t.t.t.t FROM (SELECT CAST(ROW(ROW(1)) AS ROW(t ROW(t integer))) AS t) AS t;
SELECT t.x FROM (VALUES (1, 2)) AS t(t, x);
SELECT t.y FROM (VALUES (1, 2)) AS t(t, x);
SELECT t.x.y FROM (VALUES (1, 2)) AS t(t, x);
SELECT t FROM (VALUES 1) AS t(x);
SELECT t.x FROM (VALUES 1) AS u(x);
SELECT t.t FROM (SELECT CAST(ROW(2) AS ROW(t integer)) AS t) AS u;

-- A relation goes by the name that it is asked for.
SELECT information_schema.tables.table_name, tables.table_name, table_name FROM information_schema.tables WHERE false;
SELECT (SELECT information_schema.tables.table_name FROM (VALUES 1) AS u(x)) FROM information_schema.tables WHERE false;
SELECT (SELECT tables.table_name FROM (VALUES 1) AS u(information_schema)) FROM information_schema.tables WHERE false;
SELECT (SELECT information_schema.tables.table_name FROM (VALUES 1) AS u(information_schema)) FROM information_schema.tables WHERE false;
SELECT information_schema.s.table_name FROM information_schema.tables AS s;
SELECT information_schema.tables.table_name FROM information_schema.tables AS s;
SELECT gold.t.x FROM (VALUES 1) AS t(x);
WITH t AS (SELECT 1 AS x) SELECT gold.t.x FROM t;

-- Fields of rows named like other columns and relations.
SELECT r.x, x, t.x, t.r.x FROM (SELECT 1 AS x, CAST(ROW(2) AS ROW(x integer)) AS r) AS t;
SELECT a.b.c, t.a.b.c, a.b, b.c FROM (SELECT CAST(ROW(ROW(1)) AS ROW(b ROW(c integer))) AS a, CAST(ROW(2) AS ROW(c integer)) AS b) AS t;
SELECT a.b, a.b.c FROM (SELECT CAST(ROW(ROW(1)) AS ROW(b ROW(c integer))) AS a) AS t, (SELECT CAST(ROW(2) AS ROW(c integer)) AS b) AS a;
SELECT a.b.c FROM (SELECT CAST(ROW(ROW(1)) AS ROW(b ROW(c integer))) AS a) AS t, (SELECT 5 AS c) AS b, (SELECT 7 AS b) AS a;
SELECT a.c FROM (SELECT CAST(ROW(1) AS ROW(c integer)) AS a) AS t, (SELECT 5 AS c) AS a;
SELECT a.d FROM (SELECT CAST(ROW(1) AS ROW(d integer)) AS a) AS t, (SELECT 5 AS c) AS a;
SELECT u.x FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS u) AS t, (SELECT 2 AS x) AS u;
SELECT u.x FROM (SELECT 2 AS x) AS u, (SELECT CAST(ROW(1) AS ROW(x integer)) AS u) AS t;
SELECT u.x FROM (SELECT 2 AS y) AS u, (SELECT CAST(ROW(1) AS ROW(x integer)) AS u) AS t;
SELECT r.X, R.x, "r"."X" FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS t;
SELECT r.x FROM (SELECT CAST(ROW(1, 2) AS ROW(x integer, X integer)) AS r) AS t;
SELECT r.y FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS t;
SELECT t.r.y FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS t;
SELECT r.x.y FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS t;
SELECT q.r.x FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS t;
SELECT r.x FROM (SELECT ROW(1) AS r) AS t;
SELECT "a.b", t."a.b" FROM (SELECT 1 AS "a.b") AS t;
SELECT "t.x" FROM (VALUES 1) AS t(x);
SELECT "My Table"."My Column", "my table"."MY COLUMN" FROM (VALUES 1) AS "My Table"("My Column");

-- Ambiguous names.
SELECT x FROM (VALUES 1) AS t(x), (VALUES 2) AS u(x);
SELECT t.x, u.x FROM (VALUES 1) AS t(x), (VALUES 2) AS u(x);
SELECT t.x FROM (VALUES 1) AS t(x), (VALUES 2) AS t(x);
SELECT t.x, t.y FROM (VALUES 1) AS t(x), (VALUES 2) AS t(y);
SELECT t.x FROM (VALUES (1, 2)) AS t(x, x);
SELECT r.x FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS t, (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS u;
SELECT r.y FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS t, (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS u;
SELECT t.r.x, u.r.x FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS t, (SELECT CAST(ROW(2) AS ROW(x integer)) AS r) AS u;
SELECT r.x FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS t, (VALUES (2, 3)) AS r(x, x);
SELECT r.x FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS t, (SELECT CAST(ROW(2) AS ROW(x integer)) AS r) AS u, (VALUES 3) AS r(x);
SELECT x FROM (VALUES 1) AS t(x) JOIN (VALUES 1) AS u(x) USING (x);
SELECT t.x FROM (VALUES 1) AS t(x) JOIN (VALUES 1) AS u(x) USING (x);
SELECT x, t.y, u.y FROM (VALUES (1, 2)) AS t(x, y) JOIN (VALUES (1, 3)) AS u(x, y) USING (x);
SELECT y FROM (VALUES (1, 2)) AS t(x, y) JOIN (VALUES (1, 3)) AS u(x, y) USING (x);
SELECT t.x FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS t, 2 AS x) AS t JOIN (VALUES 2) AS u(x) USING (x);
SELECT t.x FROM (VALUES 2) AS u(x) JOIN (SELECT CAST(ROW(1) AS ROW(x integer)) AS t, 2 AS x) AS t USING (x);
SELECT r.x FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS t JOIN (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS u USING (r);
SELECT t.r.x FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS t JOIN (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS u USING (r);
SELECT t.x, u.x FROM (SELECT 1 AS x, CAST(ROW(5) AS ROW(x integer)) AS u) AS t JOIN (VALUES 1) AS u(x) ON t.x = u.x;
SELECT count(*) FROM (SELECT 1 AS x, CAST(ROW(5) AS ROW(x integer)) AS u) AS t JOIN (VALUES 1) AS u(x) ON u.x = 5;
SELECT count(*) FROM (SELECT 1 AS x, CAST(ROW(5) AS ROW(x integer)) AS u) AS t, (VALUES 1) AS u(x) WHERE u.x = 5;
SELECT x FROM (VALUES 1) AS t(x) JOIN (VALUES (1, 2)) AS x(x, y) ON t.x = x.x WHERE x.y = 2;
SELECT x.y FROM (VALUES 1) AS t(x) JOIN (VALUES (1, 2)) AS x(z, y) ON x = x.z;

-- ORDER BY sees the select list first, and then the columns.
SELECT -x AS x FROM (VALUES 1, 2) AS t(x) ORDER BY x;
SELECT -x AS x FROM (VALUES 1, 2) AS t(x) ORDER BY t.x;
SELECT -x AS t FROM (VALUES 1, 2) AS t(x) ORDER BY t;
SELECT -x AS t FROM (VALUES 1, 2) AS t(x) ORDER BY t.x;
SELECT CAST(ROW(-x) AS ROW(x integer)) AS t FROM (VALUES 1, 2) AS t(x) ORDER BY t.x;
SELECT CAST(ROW(-x) AS ROW(x integer)) AS t FROM (VALUES 1, 2) AS t(x) ORDER BY t.y;
SELECT CAST(ROW(-x) AS ROW(x integer)) AS r FROM (SELECT x, CAST(ROW(x) AS ROW(x integer)) AS r FROM (VALUES 1, 2) AS v(x)) AS t ORDER BY r.x;
SELECT CAST(ROW(-x) AS ROW(x integer)) AS r FROM (SELECT x, CAST(ROW(x) AS ROW(x integer)) AS r FROM (VALUES 1, 2) AS v(x)) AS t ORDER BY t.r.x;
SELECT t.x FROM (VALUES 2, 1) AS t(x) ORDER BY t.x;
SELECT t.x, t.x FROM (VALUES 2, 1) AS t(x) ORDER BY x;
SELECT x FROM (VALUES 1) AS t(x) ORDER BY u.x;
SELECT x AS y FROM (VALUES 1) AS t(x) ORDER BY t.y;
SELECT t.* FROM (VALUES 2, 1) AS t(x) ORDER BY t.x;
SELECT * FROM (VALUES (1, 2), (2, 1)) AS t(t, x) ORDER BY t.x;
SELECT t.x FROM (VALUES (1, 2), (2, 1)) AS t(t, x) ORDER BY t.x;
SELECT DISTINCT t.x FROM (VALUES (1, 2), (2, 1)) AS t(t, x) ORDER BY t.x;
SELECT x AS a, -x AS a FROM (VALUES 2, 1) AS t(x) ORDER BY a;
SELECT x AS a, x AS a FROM (VALUES 2, 1) AS t(x) ORDER BY a;
SELECT *, x FROM (VALUES 2, 1) AS t(x) ORDER BY x;
SELECT *, x FROM (VALUES 2, 1) AS t(x) ORDER BY t.x;
SELECT r.x FROM (SELECT CAST(ROW(x) AS ROW(x integer)) AS r, -x AS x FROM (VALUES 2, 1) AS v(x)) AS t ORDER BY x;
SELECT r.x FROM (SELECT CAST(ROW(x) AS ROW(x integer)) AS r, -x AS x FROM (VALUES 2, 1) AS v(x)) AS t ORDER BY t.x;
SELECT -x AS x FROM (VALUES 1, 2) AS t(x) ORDER BY (SELECT x);
SELECT -x AS x FROM (VALUES 1, 2) AS t(x) ORDER BY (SELECT t.x);
SELECT -x AS x FROM (VALUES 1, 2) AS t(x) ORDER BY reduce(ARRAY[x], 0, (s, x) -> s + x, s -> s);
SELECT DISTINCT -x AS x FROM (VALUES 1, 2) AS t(x) ORDER BY x;
SELECT DISTINCT -x AS x FROM (VALUES 1, 2) AS t(x) ORDER BY t.x;
SELECT x FROM (VALUES 1) AS t(x) UNION ALL SELECT 0 ORDER BY x;
SELECT x FROM (VALUES 1) AS t(x) UNION ALL SELECT 0 ORDER BY t.x;

-- GROUP BY and HAVING see the columns.
SELECT t.x, count(*) FROM (SELECT 1 AS x, CAST(ROW(2) AS ROW(x integer)) AS t) AS t GROUP BY x;
SELECT t.x, count(*) FROM (SELECT 1 AS x, CAST(ROW(2) AS ROW(x integer)) AS t) AS t GROUP BY t.x;
SELECT t.t.x, count(*) FROM (SELECT 1 AS x, CAST(ROW(2) AS ROW(x integer)) AS t) AS t GROUP BY t.x;
SELECT t.t.x, count(*) FROM (SELECT 1 AS x, CAST(ROW(2) AS ROW(x integer)) AS t) AS t GROUP BY t.t;
SELECT x % 2 AS x, count(*) FROM (VALUES 1, 2, 3) AS t(x) GROUP BY x;
SELECT x % 2 AS y, count(*) FROM (VALUES 1, 2, 3) AS t(x) GROUP BY y;
SELECT max(x) AS x FROM (VALUES 1, 2) AS t(x) HAVING max(x) = 2;
SELECT max(x) AS y FROM (VALUES 1, 2) AS t(x) HAVING y = 2;
SELECT count(*) FROM (SELECT 1 AS x, CAST(ROW(2) AS ROW(x integer)) AS t) AS t HAVING sum(t.x) = 1;
SELECT -x AS x FROM (VALUES 1, 2) AS t(x) GROUP BY x ORDER BY x;
SELECT -x AS x FROM (VALUES 1, 2) AS t(x) GROUP BY x ORDER BY t.x;
SELECT -x AS x FROM (VALUES 1, 2) AS t(x) GROUP BY x ORDER BY max(x);
SELECT -x AS y FROM (VALUES 1, 2) AS t(x) GROUP BY x ORDER BY max(y);
SELECT -x AS x FROM (VALUES 1, 2) AS t(x) GROUP BY x ORDER BY max(t.x);
SELECT x, count(*) FROM (VALUES 1, 2, 2) AS t(x) GROUP BY x ORDER BY count(x) DESC;
SELECT x, count(*) AS n FROM (VALUES 1, 2) AS t(x) GROUP BY x ORDER BY max(n);
SELECT max(x) AS x FROM (VALUES (1, 2), (2, 1)) AS t(g, x) GROUP BY g ORDER BY max(x);
SELECT max(x) AS x FROM (VALUES (1, 2), (2, 1)) AS t(g, x) GROUP BY g ORDER BY max(t.x);
SELECT max(x) AS x FROM (VALUES (1, 2), (2, 1)) AS t(g, x) GROUP BY g ORDER BY x;
SELECT g AS x FROM (VALUES (1, 2), (2, 1)) AS t(g, x) GROUP BY g ORDER BY count(*) FILTER (WHERE x > 1);
SELECT g AS x FROM (VALUES (1, 2), (2, 1)) AS t(g, x) GROUP BY g ORDER BY array_agg(g ORDER BY x);
SELECT g AS x FROM (VALUES (1, 2), (2, 1)) AS t(g, x) GROUP BY g ORDER BY max(max(t.x)) OVER (PARTITION BY g);
SELECT g AS x FROM (VALUES (1, 2), (2, 1)) AS t(g, x) GROUP BY g ORDER BY sum(x) OVER (ORDER BY x);
SELECT t.x AS y, count(*) FROM (VALUES 1, 2) AS t(x) GROUP BY t.x HAVING t.x > 1 ORDER BY t.x;
SELECT count(*) FILTER (WHERE t.x > 1) FROM (VALUES (1, 2), (2, 1)) AS t(t, x);
SELECT grouping(t.x), t.x FROM (VALUES (1, 2), (2, 1)) AS t(t, x) GROUP BY ROLLUP (t.x);
SELECT max_by(t.x, t.t.x), array_agg(t.x ORDER BY t.x), array_agg(t.x ORDER BY t.t.x) FROM (SELECT x, CAST(ROW(-x) AS ROW(x integer)) AS t FROM (VALUES 1, 2) AS v(x)) AS t;

-- Parameters of lambdas.
SELECT transform(ARRAY[1, 2], x -> x + 10), x FROM (VALUES 5) AS t(x);
SELECT transform(ARRAY[1, 2], x -> x + t.x) FROM (VALUES 5) AS t(x);
SELECT transform(ARRAY[1, 2], t -> t + t.x) FROM (VALUES 5) AS t(x);
SELECT transform(ARRAY[1, 2], t -> t + x) FROM (VALUES 5) AS t(x);
SELECT transform(ARRAY[CAST(ROW(1) AS ROW(x integer))], t -> t.x) FROM (VALUES 5) AS t(x);
SELECT transform(ARRAY[CAST(ROW(1) AS ROW(y integer))], t -> t.x) FROM (VALUES 5) AS t(x);
SELECT transform(ARRAY[CAST(ROW(1) AS ROW(x integer))], r -> r.x + t.r.x) FROM (SELECT CAST(ROW(5) AS ROW(x integer)) AS r) AS t;
SELECT transform(ARRAY[CAST(ROW(1) AS ROW(x integer))], u -> u.x + t.x) FROM (VALUES 5) AS t(x), (VALUES 7) AS u(x);
SELECT transform(ARRAY[1], x -> transform(ARRAY[10], x -> x)) FROM (VALUES 5) AS t(x);
SELECT transform(ARRAY[1], x -> transform(ARRAY[CAST(ROW(10) AS ROW(y integer))], t -> t.y + x)) FROM (VALUES 5) AS t(x);
SELECT transform(ARRAY[CAST(ROW(1) AS ROW(y integer))], r -> transform(ARRAY[CAST(ROW(10) AS ROW(z integer))], r -> r.y)) FROM (VALUES 5) AS t(x);
SELECT zip_with(ARRAY[1], ARRAY[2], (x, X) -> x);
SELECT filter(ARRAY[1, 2], "X" -> x > 1);
SELECT transform(a, a -> a + 1) FROM (SELECT ARRAY[1] AS a) AS t;

-- Queries inside queries.
SELECT (SELECT x FROM (VALUES 2) AS u(y)) FROM (VALUES 1) AS t(x);
SELECT (SELECT x FROM (VALUES 2) AS t(x)) FROM (VALUES 1) AS t(x);
SELECT (SELECT t.x FROM (VALUES 2) AS u(x)) FROM (VALUES 1) AS t(x);
SELECT (SELECT t.x FROM (VALUES 2) AS t(y)) FROM (VALUES 1) AS t(x);
SELECT (SELECT t.x FROM (VALUES 2) AS u(t)) FROM (VALUES 1) AS t(x);
SELECT (SELECT t.x FROM (SELECT CAST(ROW(2) AS ROW(x integer)) AS t) AS u) FROM (VALUES 1) AS t(x);
SELECT (SELECT t.y FROM (SELECT CAST(ROW(2) AS ROW(x integer)) AS t) AS u) FROM (VALUES (1, 2)) AS t(x, y);
SELECT (SELECT t.x FROM (VALUES 2) AS t(z)) FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS t) AS u;
SELECT (SELECT t.x FROM (VALUES 2) AS t(x)) FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS t) AS u;
SELECT (SELECT t.x FROM (VALUES 2) AS v(z)) FROM (SELECT 1 AS x, CAST(ROW(3) AS ROW(x integer)) AS t) AS t;
SELECT (SELECT t.t.x FROM (VALUES 2) AS v(z)) FROM (SELECT 1 AS x, CAST(ROW(3) AS ROW(x integer)) AS t) AS t;
SELECT (SELECT a.b.c FROM (SELECT CAST(ROW(2) AS ROW(c integer)) AS b) AS a) FROM (SELECT CAST(ROW(ROW(1)) AS ROW(b ROW(c integer))) AS a) AS t;
SELECT (SELECT a.b.c FROM (SELECT CAST(ROW(2) AS ROW(d integer)) AS b) AS a) FROM (SELECT CAST(ROW(ROW(1)) AS ROW(b ROW(c integer))) AS a) AS t;
SELECT (SELECT a.b.c FROM (VALUES 2) AS a(z)) FROM (SELECT CAST(ROW(ROW(1)) AS ROW(b ROW(c integer))) AS a) AS t;
SELECT (SELECT (SELECT t.x FROM (VALUES 3) AS v(u)) FROM (VALUES 2) AS u(y)) FROM (VALUES 1) AS t(x);
SELECT (SELECT (SELECT t.x FROM (VALUES 3) AS v(w)) FROM (VALUES 2) AS u(t)) FROM (VALUES 1) AS t(x);
SELECT (SELECT x FROM (VALUES 1) AS a(x), (VALUES 2) AS b(x)) FROM (VALUES 1) AS t(x);
SELECT (SELECT x FROM (VALUES 7) AS c(y)) FROM (VALUES 1) AS a(x), (VALUES 2) AS b(x);
SELECT count(*) FROM (VALUES 1, 2) AS t(x) WHERE EXISTS (SELECT 1 FROM (VALUES 2, 3) AS u(x) WHERE u.x = t.x);
SELECT count(*) FROM (VALUES 1, 2) AS t(x) WHERE EXISTS (SELECT 1 FROM (VALUES 2, 3) AS u(x) WHERE x = t.x);
SELECT count(*) FROM (VALUES 1, 2) AS t(x) WHERE EXISTS (SELECT 1 FROM (VALUES 2, 3) AS t(x) WHERE x = t.x);
SELECT count(*) FROM (VALUES 1, 2) AS t(x) WHERE EXISTS (SELECT 1 FROM (SELECT 2 AS x, CAST(ROW(1) AS ROW(x integer)) AS t) AS u WHERE u.x = t.x);
SELECT count(*) FROM (VALUES 1, 2) AS t(x) WHERE t.x IN (SELECT t.x FROM (VALUES 2, 3) AS t(x));
SELECT count(*) FROM (VALUES 1, 2) AS t(x) WHERE x IN (SELECT x FROM (VALUES 5) AS u(y));
SELECT count(*) FROM (VALUES 1, 2) AS t(x) WHERE x = ANY (SELECT t.x FROM (VALUES 2) AS u(t));
SELECT u.y, l.z FROM (VALUES (1, 2)) AS u(x, y) CROSS JOIN LATERAL (SELECT u.x + 10 AS z) AS l;
SELECT l.z FROM (SELECT 1 AS x, CAST(ROW(2) AS ROW(x integer)) AS u) AS u CROSS JOIN LATERAL (SELECT u.x + 10 AS z) AS l;
SELECT l.x, u.x FROM (VALUES 1) AS u(x) CROSS JOIN LATERAL (SELECT u.x + 10 AS x) AS l;
SELECT x FROM (VALUES 1) AS u(x) CROSS JOIN LATERAL (SELECT u.x + 10 AS x) AS l;
SELECT (SELECT l.z FROM (VALUES 5) AS v(t) CROSS JOIN LATERAL (SELECT t.x AS z) AS l) FROM (VALUES 1) AS t(x);
SELECT (SELECT v.z FROM (SELECT t.x AS z) AS v) FROM (VALUES 1) AS t(x);
SELECT a.a FROM (SELECT ARRAY[1, 2] AS a) AS t CROSS JOIN UNNEST(a) AS a(a);
SELECT a FROM (SELECT ARRAY[1, 2] AS a) AS t CROSS JOIN UNNEST(a) AS a(a);
SELECT t.x FROM (SELECT 5 AS x, ARRAY[CAST(ROW(1) AS ROW(x integer))] AS t) AS t CROSS JOIN UNNEST(t.t) AS u(y);
SELECT e.n FROM (SELECT ARRAY[CAST(ROW(1, 'a') AS ROW(n integer, e varchar))] AS a) AS t CROSS JOIN UNNEST(a) AS e(n, e);
SELECT e.e.n FROM (SELECT ARRAY[ARRAY[CAST(ROW(1) AS ROW(n integer))]] AS a) AS t CROSS JOIN UNNEST(a) AS x(y) CROSS JOIN UNNEST(transform(y, e -> ROW(e))) AS e(e);
SELECT e.n FROM (VALUES 1) AS t(x) CROSS JOIN UNNEST(ARRAY[CAST(ROW(1, 'a') AS ROW(n integer, e varchar))]) AS e;
SELECT t.x FROM (VALUES 1) AS t(x) CROSS JOIN UNNEST(ARRAY[t.x, x]) AS t(y);
SELECT u.x FROM (VALUES 1) AS t(x) CROSS JOIN UNNEST(ARRAY[u.x]) AS u(x);
SELECT n.o FROM UNNEST(ARRAY['a']) WITH ORDINALITY AS n(n, o);
SELECT u.x FROM (SELECT 1 AS x, CAST(ROW(ARRAY[7]) AS ROW(x array(integer))) AS t) AS t CROSS JOIN UNNEST(t.t.x) AS u(x);
SELECT u.x FROM (SELECT ARRAY[1] AS x, CAST(ROW(ARRAY[7]) AS ROW(x array(integer))) AS t) AS t CROSS JOIN UNNEST(t.x) AS u(x);

-- Windows.
SELECT sum(t.x) OVER (PARTITION BY t.t.x ORDER BY t.x) FROM (SELECT x, CAST(ROW(1) AS ROW(x integer)) AS t FROM (VALUES 1, 2) AS v(x)) AS t;
SELECT sum(t.x) OVER w FROM (SELECT x, CAST(ROW(-x) AS ROW(x integer)) AS t FROM (VALUES 1, 2) AS v(x)) AS t WINDOW w AS (ORDER BY t.x DESC);
SELECT -x AS x, row_number() OVER (ORDER BY x) AS n FROM (VALUES 1, 2) AS t(x) ORDER BY x;
SELECT -x AS x FROM (VALUES 1, 2) AS t(x) ORDER BY row_number() OVER (ORDER BY x);
SELECT -x AS x FROM (VALUES 1, 2) AS t(x) ORDER BY row_number() OVER (ORDER BY t.x);
SELECT x FROM (VALUES 1) AS t(x) WINDOW x AS (ORDER BY x);

-- All columns of a name.
SELECT t.* FROM (VALUES 1) AS t(x), (VALUES 2) AS u(t);
SELECT t.r.* FROM (SELECT CAST(ROW(1) AS ROW(x integer)) AS r) AS t, (VALUES 5) AS r(y);
SELECT t.t.* FROM (SELECT CAST(ROW(2) AS ROW(x integer)) AS t) AS t;
SELECT t.t.* FROM (SELECT CAST(ROW(2) AS ROW(x integer)) AS u) AS t;
SELECT (SELECT t.r.* FROM (SELECT CAST(ROW(2) AS ROW(x integer)) AS r) AS t) FROM (VALUES 1) AS r(y);
SELECT T.*, "t".* FROM (VALUES 1) AS t(x);
SELECT (SELECT t.* FROM (VALUES 2) AS u(y)) FROM (VALUES 1) AS t(x);
SELECT (SELECT t.* FROM (SELECT CAST(ROW(2) AS ROW(x integer)) AS t) AS u) FROM (VALUES 1) AS t(x);
SELECT v.* FROM (VALUES 1) AS t(x);

-- Columns of events.
SELECT useridentity.arn FROM (SELECT userIdentity, 'x' AS arn FROM event_data_store) AS useridentity GROUP BY 1;
SELECT count(useridentity.useridentity.arn) FROM (SELECT userIdentity, 'x' AS arn FROM event_data_store) AS useridentity;
SELECT count(*) FROM event_data_store AS eventname WHERE eventname.eventname = eventname;
SELECT count(userIdentity.sessionContext.sessionIssuer.arn) AS a, count(e.userIdentity.SESSIONCONTEXT.sessionissuer."ARN") AS b FROM event_data_store AS e;
SELECT count(*) FROM event_data_store AS e WHERE EXISTS (SELECT 1 FROM (VALUES 'aws') AS u(useridentity) WHERE userIdentity.arn IS NOT NULL);
SELECT count(*) FROM event_data_store AS e WHERE EXISTS (SELECT 1 FROM (VALUES 'aws') AS u(useridentity) WHERE e.userIdentity.arn IS NOT NULL);
SELECT count(*) FROM event_data_store WHERE event_data_store.userIdentity.arn IS NOT NULL;
SELECT e.eventid FROM event_data_store WHERE eventid < '02';
SELECT event_data_store.eventid FROM event_data_store AS e WHERE eventid < '02';
SELECT userIdentity.nothing FROM event_data_store LIMIT 0;
SELECT e.nothing.arn FROM event_data_store AS e LIMIT 0;
