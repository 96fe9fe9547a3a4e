//! Each expression of a statement is analyzed once.

use super::*;
use crate::MemoryCatalog;
use datafusion::logical_expr::Expr;
use std::time::{Duration, Instant};
use traillake_sql_parser::{ParameterValues, parse_statement};

/// What came of a statement: its plan or an error, and how often nodes of its tree were analyzed.
struct Outcome {
    planned: SqlResult<PlannedStatement>,
    /// Nodes that were analyzed.
    nodes: usize,
    /// How often the node that was analyzed most often was.
    most: usize,
    /// Nodes of plans that were copied.
    copied: usize,
}

fn outcome(sql: &str) -> Outcome {
    let statement = parse_statement(sql, &ParameterValues::new()).unwrap();
    let catalog = MemoryCatalog::default();
    let analyzer = Analyzer::new(&catalog, DateTime::UNIX_EPOCH);
    let planned = analyzer.statement(&statement);
    let counts = analyzer.analyzed.take();
    let most = counts.values().copied().max().unwrap_or(0);
    Outcome { planned, nodes: counts.len(), most, copied: analyzer.copied.get() }
}

/// Analyzes a statement that is valid, each of its nodes once.
#[track_caller]
fn once(sql: &str) -> PlannedStatement {
    let outcome = outcome(sql);
    let planned = outcome.planned.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    assert_eq!(outcome.most, 1, "a node of {} is analyzed again: {sql}", outcome.nodes);
    planned
}

/// How often a word stands in a plan.
fn count_of(plan: &LogicalPlan, word: &str) -> usize {
    plan.display_indent().to_string().matches(word).count()
}

const FROM: &str = "FROM (VALUES (1, 2, 'a', 1.5), (3, 4, 'b', 2.5)) AS t (a, b, s, d)";

#[test]
fn windows_analyze_each_node_once() {
    for call in [
        "lag(a, 1, b + 1) OVER (ORDER BY b)",
        "lag(a, b + 1, b + 1) OVER (PARTITION BY s ORDER BY b + 1)",
        "lag(NULL, 1, b + 1) OVER (ORDER BY b)",
        "lead(a + 1) IGNORE NULLS OVER (ORDER BY b)",
        "lead(a + 1, b, 7) IGNORE NULLS OVER (ORDER BY b)",
        "first_value(a + 1) OVER (ORDER BY b ROWS BETWEEN 1 + 1 PRECEDING AND a FOLLOWING)",
        "nth_value(a + 1, b + 1) OVER (ORDER BY b)",
        "nth_value(a + 1, 1 + 1) OVER (ORDER BY b)",
        "ntile(1 + 1) OVER (ORDER BY b)",
        "sum(a + 1) OVER ()",
        "sum(a + 1) FILTER (WHERE b > 1) OVER (PARTITION BY s ORDER BY b)",
        "sum(a + 1) OVER (ORDER BY b + 1 RANGE BETWEEN a + 1 PRECEDING AND 2 FOLLOWING)",
        "sum(a + 1) OVER (ORDER BY b + 1 GROUPS BETWEEN 1 PRECEDING AND a FOLLOWING)",
        "sum(d + 1) OVER (ORDER BY b ROWS 2 PRECEDING)",
        "max_by(a + 1, b + 1) OVER (ORDER BY b + 1)",
        "array_agg(a + 1 ORDER BY b + 1) OVER (PARTITION BY s)",
        "count(DISTINCT a + 1) OVER (ORDER BY b)",
        "reduce_agg(a, 0, (x, y) -> x + y, (x, y) -> x + y) OVER (ORDER BY b)",
        "sum(sum(a + 1)) OVER (ORDER BY max(b + 1))",
    ] {
        let group = if call.starts_with("sum(sum") { "GROUP BY s" } else { "" };
        once(&format!("SELECT {call} {FROM} {group}"));
    }
}

#[test]
fn a_named_window_is_analyzed_once() {
    once(&format!(
        "SELECT sum(a) OVER w, lag(b) OVER w, avg(a) OVER (w ROWS 1 + 1 PRECEDING) {FROM}
         WINDOW v AS (PARTITION BY s || 'x'), w AS (v ORDER BY b + 1)"
    ));
}

#[test]
fn a_window_sees_the_named_windows_before_it() {
    for windows in ["w AS (w)", "w AS (v ORDER BY b), v AS (w)"] {
        let outcome = outcome(&format!("SELECT sum(a) OVER w {FROM} WINDOW {windows}"));
        assert_eq!(outcome.planned.unwrap_err().code, Code::InvalidWindowReference);
    }
}

#[test]
fn aggregates_analyze_each_node_once() {
    for call in [
        "count(a + 1) FILTER (WHERE b + 1 > 1)",
        "count(DISTINCT a + 1)",
        "array_agg(a + 1 ORDER BY b + 1 DESC)",
        "array_agg(DISTINCT a + 1 ORDER BY a + 1)",
        "sum(DISTINCT d + 1) FILTER (WHERE b > 1)",
        "max_by(a + 1, b + 1)",
        "listagg(s || 'x', ',') WITHIN GROUP (ORDER BY b + 1)",
        "reduce_agg(a + 1, 0, (x, y) -> x + y, (x, y) -> x + y)",
        "grouping(s) + 1",
    ] {
        once(&format!(
            "SELECT s, {call} AS made {FROM} GROUP BY GROUPING SETS ((s), (), (s))
             HAVING count(b + 2) > 0 ORDER BY made, 1, max(a + 3)"
        ));
    }
}

#[test]
fn expressions_analyze_each_node_once() {
    for expr in [
        "CASE WHEN a + 1 > 1 THEN b + 1 WHEN a > 2 THEN d ELSE a END",
        "CASE a + 1 WHEN b + 1 THEN 'x' WHEN 2 THEN s END",
        "a + 1 BETWEEN b + 1 AND d + 1",
        "a + 1 IN (b + 1, 2, d + 1)",
        "a + 1 IN (1, 2, 3)",
        "coalesce(a + 1, b + 1, d)",
        "nullif(a + 1, b + 1)",
        "if(a + 1 > 1, b + 1, d + 1)",
        "try(a / (b - 2))",
        "typeof(a + 1)",
        "ROW(a + 1, b + 1)[1]",
        "CAST(ROW(a + 1, b) AS ROW(x bigint, y bigint)).x",
        "ARRAY[a + 1, b + 1][a]",
        "format('%s', a + 1)",
        "NOT (a + 1 = 1 AND b + 1 = 2 OR s || 'x' LIKE 'x' || '%')",
        "date '2026-01-01' + interval '1' day * a",
        "json_object('x': a + 1, s || 'y': json_array(b + 1))",
        "json_value(s || '1', 'lax $' RETURNING bigint DEFAULT a + 1 ON EMPTY)",
        "extract(year FROM date '2026-01-01' + interval '1' day)",
        "round(d + 1, a + 1)",
    ] {
        once(&format!("SELECT {expr} AS made {FROM} WHERE ({expr}) IS NOT NULL ORDER BY made"));
    }
}

#[test]
fn lambdas_analyze_each_node_once() {
    for expr in [
        "transform(ARRAY[a], x -> x + b)",
        "filter(ARRAY[a], x -> any_match(ARRAY[x], y -> y + 1 > x + b))",
        "reduce(ARRAY[a], 0, (s, x) -> s + x, s -> s + 1)",
        "transform(ARRAY[1], x -> reduce(ARRAY[x], 0, (s, y) -> s + y + x, s -> s + b))",
        "array_sort(ARRAY[a, b], (x, y) -> if(x + 1 < y, -1, 1))",
        "map_filter(MAP(ARRAY[a], ARRAY[b]), (k, v) -> k + 1 > v)",
        "zip_with(ARRAY[a], ARRAY[b], (x, y) -> transform(ARRAY[x], z -> z + y))",
        "transform_values(MAP(ARRAY[a], ARRAY[b]), (k, v) -> k + v)",
        "regexp_replace(s, '(a)', x -> upper(x[1]) || s)",
    ] {
        once(&format!("SELECT {expr} {FROM}"));
    }
}

#[test]
fn subqueries_are_joined_once() {
    for expr in [
        "sum(a + (SELECT max(47) FROM (VALUES 1)))",
        "array_agg((SELECT 47) ORDER BY a)",
        "max_by((SELECT 47), b)",
        "count(b) FILTER (WHERE a > (SELECT 47))",
        "sum((SELECT 47)) OVER ()",
        "lag(a, 1, (SELECT 47)) OVER (ORDER BY b)",
        "max_by(a, (SELECT 47)) OVER (ORDER BY b)",
        "sum(a) OVER (ORDER BY (SELECT 47) RANGE UNBOUNDED PRECEDING)",
        "(SELECT 47) BETWEEN a AND b",
        "CASE (SELECT 47) WHEN a THEN 1 WHEN b THEN 2 END",
    ] {
        let plan = once(&format!("SELECT {expr} {FROM}")).plan;
        assert_eq!(count_of(&plan, "(47)"), 1, "{expr}\n{}", plan.display_indent());
    }
}

/// `transform(ARRAY[1], x1 -> transform(ARRAY[x1], x2 -> ...))` and its kind.
fn nested(call: &dyn Fn(usize, String) -> String, depth: usize) -> String {
    (0..depth).rev().fold("1".to_owned(), |body, level| call(level, body))
}

#[test]
fn twenty_nested_lambdas_are_planned_at_once() {
    let transform = |at, body| format!("transform(ARRAY[1], x{at} -> {body})");
    let reduce =
        |at, body| format!("reduce(ARRAY[1], 0, (s{at}, x{at}) -> s{at} + {body}, s -> s)");
    let any = |at, body| format!("if(any_match(ARRAY[1], x{at} -> x{at} = {body}), 1, 2)");
    let mixed = |at: usize, body: String| match at % 3 {
        0 => format!("cardinality(transform(ARRAY[1], x{at} -> {body} + x{at}))"),
        1 => reduce(at, body),
        _ => any(at, body),
    };
    let wrong = |at, body: String| {
        let body = if body == "1" { "1 + true".to_owned() } else { body };
        format!("array_sort(ARRAY[1], (x{at}, y{at}) -> cardinality({body}))")
    };
    let calls: [&dyn Fn(usize, String) -> String; 5] = [&transform, &reduce, &any, &mixed, &wrong];
    for (place, call) in calls.into_iter().enumerate() {
        let sql = format!("SELECT {}", nested(call, 20));
        let started = Instant::now();
        let outcome = outcome(&sql);
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
        assert_eq!(outcome.most, 1, "{sql}");
        assert_eq!(outcome.planned.is_err(), place == 4, "{:?}", outcome.planned.err());
    }
}

#[test]
fn lambdas_that_widen_at_each_level_are_too_many() {
    let reduce =
        |at, body| format!("reduce(ARRAY[1], 0, (s{at}, x{at}) -> x{at} + 1e0 + {body}, s -> s)");
    let error = outcome(&format!("SELECT {}", nested(&reduce, 20))).planned.unwrap_err();
    assert_eq!(error.code, Code::StatementTooLarge, "{error:?}");
}

/// How often the name of a column or scan is made in a plan, at most.
fn most_makers(plan: &LogicalPlan) -> usize {
    let mut makers: HashMap<String, usize> = HashMap::new();
    let mut count = |name| *makers.entry(name).or_default() += 1;
    plan.apply(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            count(scan.table_name.to_string());
        }
        for expr in node.expressions() {
            if let Expr::Alias(alias) = expr {
                count(alias.name);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .unwrap();
    makers.into_values().max().unwrap_or(0)
}

#[test]
fn a_body_of_with_is_analyzed_once_however_often_it_is_named() {
    for body in [
        format!("SELECT a + 1 AS a, sum(b + 1) AS b {FROM} GROUP BY a + 1"),
        format!("SELECT a, lag(b) OVER (ORDER BY a + 1) AS b {FROM} ORDER BY b LIMIT 1"),
        format!("SELECT DISTINCT a, e AS b {FROM} CROSS JOIN UNNEST(ARRAY[a + 1, b]) AS u (e)"),
        format!("SELECT a, b {FROM} UNION SELECT a + 1, b + 1 {FROM}"),
        format!("SELECT a, b {FROM} WHERE b + 1 IN (SELECT x + t.a FROM (VALUES 3) AS v (x))"),
        format!("SELECT a, (SELECT max(x + t.a) FROM (VALUES 3) AS v (x)) AS b {FROM}"),
        "SELECT x AS a, transform(ARRAY[x], y -> y + x)[1] AS b FROM (VALUES 1) AS t (x)"
            .to_owned(),
        "VALUES (1 + 1, 2), (3, 4)".to_owned(),
    ] {
        let sql = format!(
            "WITH w (a, b) AS ({body}), v AS (SELECT x.a, y.b FROM w AS x JOIN w AS y ON x.a = y.a)
             SELECT v.a + 1, (SELECT max(b) FROM w WHERE w.a = v.a) FROM v, v AS u
             WHERE v.a IN (SELECT a FROM w) ORDER BY 1"
        );
        once(&sql);
        let most = |from| most_makers(&once(&format!("WITH w (a, b) AS ({body}) {from}")).plan);
        assert_eq!(most("TABLE w"), most("SELECT * FROM w, w AS v, w AS u"), "{body}");
    }
}

#[test]
fn the_step_of_a_recursion_is_analyzed_once() {
    once(
        "WITH RECURSIVE w (a, b) AS (
             SELECT 1 + 1, CAST('x' AS varchar) UNION ALL
             SELECT w.a + 1, b || 'y' FROM w JOIN (VALUES 1, 2) AS v (x) ON v.x = w.a
             WHERE w.a + 1 < 5)
         SELECT w.a, v.b FROM w, w AS v",
    );
    once(
        "WITH RECURSIVE w (a) AS (
             VALUES 1 UNION ALL
             (WITH v AS (SELECT a + 1 AS b FROM w), unused AS (TABLE v) SELECT v.b FROM v))
         SELECT * FROM w WHERE a < 5",
    );
}

#[test]
fn names_of_queries_mean_what_they_mean_where_these_are_defined() {
    // The column `a` of `t` is not seen by `w`, wherever `w` is used.
    let sql = format!("WITH w AS (SELECT a) SELECT (SELECT a FROM w) {FROM}");
    assert_eq!(outcome(&sql).planned.unwrap_err().code, Code::ColumnNotFound);
    once(&format!(
        "SELECT (WITH w AS (SELECT t.a + 1 AS x) SELECT w.x + v.x FROM w, w AS v) {FROM}"
    ));
}

#[test]
fn a_plan_that_doubles_with_each_name_is_refused_at_once() {
    let double = |at| {
        let below = at - 1;
        format!(", a{at} AS (SELECT x.n FROM a{below} AS x, a{below} AS y)")
    };
    let (doubled_less, doubled_more) =
        ((1..=12).map(double).collect::<String>(), (13..=20).map(double).collect::<String>());
    let doubled = format!("{doubled_less}{doubled_more}");
    let uses = ["(SELECT count(*) FROM a12)"; 40].join(", ");
    let wide = doubled.replace("x.n", "*");
    for sql in [
        format!("WITH a0 AS (SELECT 1 AS n){doubled} SELECT * FROM a20"),
        format!("WITH a0 AS (SELECT 1 AS n){wide} SELECT * FROM a20"),
        // Each of them is within the bound, the copies together are not.
        format!("WITH a0 AS (SELECT 1 AS n){doubled_less} SELECT {uses} FROM a0"),
    ] {
        let outcome = outcome(&sql);
        assert_eq!(outcome.planned.unwrap_err().code, Code::StatementTooLarge);
        assert_eq!(outcome.most, 1);
        assert!(outcome.copied <= 2 * MAX_PLAN_NODES + 1, "{} nodes", outcome.copied);
    }
}
