//! The same questions to ORC files and to the same rows in memory.

use super::{CollectedSemiJoins, GroupByNumber, LateColumns, OrcSource, SemiJoins, UnnestInScan};
use arrow::array::{
    Array, ArrayRef, BooleanArray, Int64Array, ListArray, MapArray, RecordBatch, StringArray,
    StringViewArray, StructArray, TimestampMillisecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use async_trait::async_trait;
use datafusion::catalog::{MemTable, Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ScalarValue, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::{ExecutionPlan, collect, displayable};
use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;
use traillake_orc::read::ColumnCache;
use traillake_orc::write::{Options, Writer};
use traillake_planner::{MemoryCatalog, analyze, execution};
use traillake_sql_parser::{ParameterValues, parse_statement};

/// ORC files, each of a partition.
#[derive(Debug)]
struct OrcTable {
    files: Vec<(PathBuf, u64, String)>,
    schema: TableSchema,
    /// So small that some of what is asked is there, and some is not.
    kept: Arc<ColumnCache>,
}

#[async_trait]
impl TableProvider for OrcTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let cache = state.runtime_env().cache_manager.get_file_metadata_cache();
        let source = OrcSource::new(self.schema.clone(), cache);
        let source = Arc::new(source.keeping(Some(Arc::clone(&self.kept))));
        let files = self.files.iter().map(|(path, bytes, day)| {
            let location = object_store::path::Path::from_absolute_path(path).unwrap();
            let mut file = PartitionedFile::new(location.to_string(), *bytes);
            file.partition_values = vec![ScalarValue::from(day.as_str())];
            file
        });
        let groups = FileGroup::new(files.collect()).split_files(2);
        let mut statistics = Statistics::new_unknown(self.schema.table_schema());
        statistics.num_rows = Precision::Inexact(self.files.len() * ROWS);
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), source)
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

const ROWS: usize = 1_500;

/// Rows with nulls at every level, sorted by `n`; `from` makes them different for each file.
fn rows(from: usize) -> RecordBatch {
    let all = from..from + ROWS;
    let text = |prefix: &str, modulus: usize, null: usize| {
        all.clone()
            .map(|i| (i * 7 % null != 0).then(|| format!("{prefix}{}", i * 31 % modulus)))
            .collect::<Vec<_>>()
    };
    let inner = StructArray::from(vec![(
        Arc::new(Field::new("z", DataType::Utf8, true)),
        Arc::new(StringArray::from_iter(
            // DataFusion's access to members passes over the nulls of the struct itself.
            text("z", 3, 4)
                .into_iter()
                .zip(all.clone())
                .map(|(z, i)| z.filter(|_| i % 5 != 0 && i % 7 != 0)),
        )) as ArrayRef,
    )]);
    let inner = StructArray::new(
        inner.fields().clone(),
        inner.columns().to_vec(),
        Some(all.clone().map(|i| i % 5 != 0).collect::<NullBuffer>()),
    );
    let members: Vec<(Field, ArrayRef)> = vec![
        (Field::new("a", DataType::Utf8, true), Arc::new(StringArray::from(text("arn", 40, 6)))),
        (
            Field::new("i", DataType::Int64, true),
            Arc::new(
                all.clone().map(|i| (i % 9 != 0).then_some(i as i64 % 50)).collect::<Int64Array>(),
            ),
        ),
        (Field::new("q", inner.data_type().clone(), true), Arc::new(inner)),
    ];
    let (fields, arrays): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    let valid: NullBuffer = all.clone().map(|i| i % 7 != 0).collect();
    let arrays = arrays.iter().map(|a| {
        arrow::compute::nullif(a, &arrow::array::BooleanArray::new(!valid.inner(), None)).unwrap()
    });
    let p = StructArray::new(Fields::from(fields), arrays.collect(), Some(valid));

    let sizes: Vec<usize> = all.clone().map(|i| i * 13 % 4).collect();
    let total: usize = sizes.iter().sum();
    let keys = StringArray::from_iter_values((0..total).map(|k| format!("key{}", k % 5)));
    let values: StringArray =
        (0..total).map(|k| (k % 6 != 0).then(|| format!("v{}", k % 11))).collect();
    let entry = Fields::from(vec![
        Field::new("key", DataType::Utf8, false),
        Field::new("value", DataType::Utf8, true),
    ]);
    let entries = StructArray::new(entry.clone(), vec![Arc::new(keys), Arc::new(values)], None);
    let m = MapArray::new(
        Arc::new(Field::new("entries", DataType::Struct(entry), false)),
        OffsetBuffer::from_lengths(sizes.iter().copied()),
        entries,
        None,
        false,
    );
    let items: StringArray =
        (0..total).map(|k| (k % 3 != 0).then(|| format!("item{}", k % 4))).collect();
    let l = ListArray::new(
        Arc::new(Field::new("item", DataType::Utf8, true)),
        OffsetBuffer::from_lengths(sizes),
        Arc::new(items),
        None,
    );
    let sizes: Vec<usize> = all.clone().map(|i| i * 17 % 5 % 4).collect();
    let total: usize = sizes.iter().sum();
    let all_items = || from..from + total;
    let given: NullBuffer = all_items().map(|k| k % 7 != 0).collect();
    let types: StringArray =
        all_items().map(|k| (k % 7 > 1).then(|| format!("type{}", k % 6))).collect();
    let arns: StringArray = all_items().map(|k| (k % 7 != 0).then(|| format!("a{k}"))).collect();
    let counts: Int64Array = all_items().map(|k| (k % 7 > 2).then_some(k as i64 % 13)).collect();
    let members = Fields::from(vec![
        Field::new("type", DataType::Utf8, true),
        Field::new("arn", DataType::Utf8, true),
        Field::new("count", DataType::Int64, true),
    ]);
    let items = StructArray::new(
        members.clone(),
        vec![Arc::new(types), Arc::new(arns), Arc::new(counts)],
        Some(given),
    );
    let r = ListArray::new(
        Arc::new(Field::new("item", DataType::Struct(members), true)),
        OffsetBuffer::from_lengths(sizes.iter().copied()),
        Arc::new(items),
        Some(sizes.iter().enumerate().map(|(i, size)| *size > 0 || i % 3 == 0).collect()),
    );
    RecordBatch::try_from_iter_with_nullable([
        (
            "n",
            Arc::new(
                all.clone().map(|i| (i % 50 != 49).then_some(i as i64 / 3)).collect::<Int64Array>(),
            ) as ArrayRef,
            true,
        ),
        (
            "t",
            Arc::new(
                all.clone()
                    .map(|i| Some(1_700_000_000_000 + 1_000 * i as i64))
                    .collect::<TimestampMillisecondArray>(),
            ) as _,
            true,
        ),
        ("s", Arc::new(text("Put", 12, 8).into_iter().collect::<StringViewArray>()) as _, true),
        (
            "u",
            Arc::new(
                all.clone()
                    .map(|i| Some(format!("id-{:05}", i * 7_919 % 100_003)))
                    .collect::<StringViewArray>(),
            ) as _,
            true,
        ),
        (
            "j",
            Arc::new(StringArray::from(text("{\"a long text\": 1, \"again\":", 900, 11))) as _,
            true,
        ),
        (
            "b",
            Arc::new(
                all.clone().map(|i| (i % 4 != 0).then_some(i % 3 == 0)).collect::<BooleanArray>(),
            ) as _,
            true,
        ),
        ("p", Arc::new(p) as _, true),
        ("m", Arc::new(m) as _, true),
        ("l", Arc::new(l) as _, true),
        ("r", Arc::new(r) as _, true),
    ])
    .unwrap()
}

struct Both {
    context: SessionContext,
    catalog: MemoryCatalog,
    _folder: TempDir,
}

/// The rows as ORC files of several stripes and many row groups (`orc`), and in memory (`mem`).
static BOTH: LazyLock<Both> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    let mut files = Vec::new();
    let mut memory = Vec::new();
    for (at, day) in ["2026-03-01", "2026-03-02", "2026-03-03"].into_iter().enumerate() {
        let batch = rows(at * ROWS);
        let path = folder.path().join(format!("{day}.orc"));
        let options = Options {
            row_index_stride: 100,
            stripe_rows: Some(600),
            block_bytes: 1 << 10,
            bloom_columns: vec!["u".to_owned(), "p.a".to_owned()],
            ..Options::default()
        };
        let file = std::fs::File::create(&path).unwrap();
        let mut writer = Writer::new(file, batch.schema(), options).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        let bytes = std::fs::metadata(&path).unwrap().len();
        files.push((path, bytes, day.to_owned()));
        let days: ArrayRef = Arc::new(StringArray::from(vec![day; ROWS]));
        let mut columns = batch.columns().to_vec();
        columns.push(days);
        let mut fields = batch.schema().fields().to_vec();
        fields.push(Arc::new(Field::new("day", DataType::Utf8, true)));
        memory.push(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap());
    }
    let schema = TableSchema::builder(rows(0).schema())
        .with_table_partition_cols(vec![Arc::new(Field::new("day", DataType::Utf8, true))])
        .build();
    let mut config = SessionConfig::new().with_target_partitions(2).with_batch_size(256);
    execution::configure(&mut config);
    config.options_mut().optimizer.repartition_file_min_size = 1_000;
    let mut rules = execution::physical_optimizer_rules();
    let sides = rules.iter().position(|rule| rule.name() == "join_selection").unwrap();
    rules.insert(sides + 1, Arc::new(CollectedSemiJoins));
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_default_features()
        .with_physical_optimizer_rules(rules)
        .with_physical_optimizer_rule(Arc::new(LateColumns { max_rows: 100 }))
        .with_physical_optimizer_rule(Arc::new(SemiJoins))
        .with_physical_optimizer_rule(Arc::new(UnnestInScan))
        .with_physical_optimizer_rule(Arc::new(GroupByNumber))
        .build();
    let context = SessionContext::new_with_state(state);
    let orc = OrcTable { files, schema, kept: Arc::new(ColumnCache::new(512 << 10)) };
    let mem = MemTable::try_new(memory[0].schema(), memory.into_iter().map(|b| vec![b]).collect());
    let mut catalog = MemoryCatalog::default();
    catalog.insert("orc", Arc::new(orc));
    catalog.insert("mem", Arc::new(mem.unwrap()));
    Both { context, catalog, _folder: folder }
});

async fn answer(sql: &str, ordered: bool) -> Result<Vec<String>, String> {
    let statement = parse_statement(sql, &ParameterValues::new()).map_err(|e| e.to_string())?;
    let planned = analyze(&BOTH.catalog, chrono::DateTime::UNIX_EPOCH, &statement)
        .map_err(|e| e.to_string())?;
    let (plan, context) = execution::physical_plan(BOTH.context.state(), &planned.plan)
        .await
        .map_err(|e| e.to_string())?;
    let batches = collect(plan, context).await.map_err(|e| e.to_string())?;
    let options = FormatOptions::new().with_null("NULL");
    let mut lines = Vec::new();
    for batch in &batches {
        let columns: Vec<_> =
            batch.columns().iter().map(|c| ArrayFormatter::try_new(c, &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            let cells: Vec<_> = columns.iter().map(|c| c.value(row).to_string()).collect();
            lines.push(cells.join(" | "));
        }
    }
    if !ordered {
        lines.sort_unstable();
    }
    Ok(lines)
}

/// The plan of a statement, as text.
fn plan_of(sql: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let statement = parse_statement(sql, &ParameterValues::new()).unwrap();
    let planned = analyze(&BOTH.catalog, chrono::DateTime::UNIX_EPOCH, &statement).unwrap();
    let plan = execution::physical_plan(BOTH.context.state(), &planned.plan);
    let plan = runtime.block_on(plan).unwrap().0;
    displayable(plan.as_ref()).indent(false).to_string()
}

#[track_caller]
fn check(sql: &str) -> usize {
    let ordered = sql.contains("ORDER BY");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let orc = answer(&sql.replace("$t", "orc"), ordered).await;
        let mem = answer(&sql.replace("$t", "mem"), ordered).await;
        assert_eq!(orc, mem, "{sql}");
        orc.map(|lines| lines.len()).unwrap_or_default()
    })
}

#[test]
fn projections_of_every_kind_agree() {
    for sql in [
        "SELECT * FROM $t",
        "SELECT u, n, s FROM $t",
        "SELECT s AS x, s, upper(s) AS y, n + 1, day FROM $t",
        "SELECT day, p.a, p.q.z, p FROM $t",
        "SELECT p.q FROM $t",
        "SELECT m, element_at(m, 'key1'), l, element_at(l, 1) FROM $t",
        "SELECT 1, 'x', l FROM $t",
        "SELECT count(*) FROM $t",
        "SELECT x, u FROM $t CROSS JOIN UNNEST(l) AS e (x)",
        "SELECT t, j FROM $t WHERE day = '2026-03-02'",
    ] {
        assert!(check(sql) > 0, "{sql}");
    }
}

#[test]
fn semi_joins_of_every_kind_agree() {
    for (sql, planned) in [
        ("SELECT u FROM $t WHERE s IN (SELECT s FROM $t WHERE n < 3)", true),
        ("SELECT s, count(*) FROM $t WHERE p.a IN (SELECT p.a FROM $t WHERE b) GROUP BY s", true),
        ("SELECT u, day FROM $t WHERE u IN (SELECT u FROM $t WHERE n % 97 = 0)", true),
        ("SELECT u, j, l FROM $t WHERE u IN (SELECT u FROM $t WHERE b)", true),
        ("SELECT s, count(*) FROM $t WHERE u IN (SELECT u FROM $t WHERE b) GROUP BY s", true),
        ("SELECT s, count(*) FROM $t WHERE n IN (SELECT n FROM $t) GROUP BY s", true),
        (
            "SELECT s FROM $t a WHERE NOT EXISTS (SELECT 1 FROM $t b WHERE b.t = a.t AND b.s = 'Put1')",
            true,
        ),
        ("SELECT u FROM $t WHERE upper(s) IN (SELECT upper(s) FROM $t WHERE n = 7)", true),
        ("SELECT u FROM $t WHERE s IN (SELECT s FROM $t WHERE n < 0)", true),
        ("SELECT n, count(*) FROM $t WHERE day IN (SELECT max(day) FROM $t) GROUP BY n", true),
        ("SELECT s FROM $t WHERE t IN (SELECT t FROM $t WHERE b) AND s <> 'Put3'", true),
        ("SELECT count(*) FROM $t WHERE n IN (SELECT n FROM $t WHERE s = 'Put1')", true),
        (
            "SELECT count(*) FROM $t a WHERE EXISTS (SELECT 1 FROM $t b WHERE b.s = a.s AND b.b)",
            true,
        ),
        (
            "SELECT count(*) FROM $t a WHERE NOT EXISTS (SELECT 1 FROM $t b WHERE b.n = a.n AND b.b)",
            true,
        ),
        (
            "SELECT u FROM $t a WHERE NOT EXISTS (SELECT 1 FROM $t b WHERE b.s = a.s AND b.n < 5)",
            true,
        ),
        ("SELECT count(*) FROM $t WHERE s NOT IN (SELECT s FROM $t WHERE n = 4)", false),
        (
            "SELECT count(*) FROM $t WHERE s NOT IN (SELECT s FROM $t WHERE n = 4 AND s IS NOT NULL)",
            false,
        ),
        (
            "WITH some AS (SELECT DISTINCT p.a AS a FROM $t WHERE b)
             SELECT e.s, count(*) FROM $t e JOIN some f ON e.p.a = f.a GROUP BY e.s",
            true,
        ),
        (
            "WITH some AS (SELECT DISTINCT s FROM $t WHERE b AND n < 9)
             SELECT e.u, e.j FROM $t e JOIN some f ON e.s = f.s ORDER BY e.u LIMIT 20",
            true,
        ),
        // As far as is known, the scan has fewer rows, and becomes the build side.
        (
            "WITH some AS (SELECT DISTINCT s FROM $t WHERE n < 9)
             SELECT e.u, e.j FROM $t e JOIN some f ON e.s = f.s WHERE e.b",
            false,
        ),
        // Whichever nine they are.
        (
            "SELECT count(*) FROM (SELECT s FROM $t WHERE s IS NOT NULL LIMIT 9)
             WHERE s IN (SELECT s FROM $t)",
            false,
        ),
        (
            "SELECT x, count(*) FROM $t CROSS JOIN UNNEST(l) AS e (x)
          WHERE x IN (SELECT element_at(l, 1) FROM $t WHERE n < 50) GROUP BY x",
            false,
        ),
    ] {
        check(sql);
        let plan = plan_of(&sql.replace("$t", "orc"));
        assert_eq!(plan.contains("SemiJoinExec"), planned, "{sql}\n{plan}");
    }
}

#[test]
fn filters_of_every_kind_agree() {
    for sql in [
        "SELECT * FROM $t WHERE u = 'id-07919'",
        "SELECT u FROM $t WHERE u IN ('id-07919', 'id-15838', 'none')",
        "SELECT count(*) FROM $t WHERE u = 'none'",
        "SELECT * FROM $t WHERE n BETWEEN 100 AND 120",
        "SELECT u, p.a FROM $t WHERE p.a = 'arn13' AND b",
        "SELECT p.i FROM $t WHERE p.q.z IS NULL AND p.a IS NOT NULL",
        "SELECT p IS NULL, count(*) FROM $t WHERE p.q IS NOT NULL GROUP BY 1",
        "SELECT s, count(*), min(t) FROM $t WHERE s LIKE 'Put1%' OR s IS NULL GROUP BY s",
        "SELECT n FROM $t WHERE s <> 'Put3' AND NOT (b OR n > 700)",
        "SELECT u FROM $t WHERE element_at(m, 'key2') = 'v3'",
        "SELECT u FROM $t WHERE coalesce(s, 'none') = 'none'",
        "SELECT u FROM $t WHERE s = day OR length(j) > 30",
        "SELECT j FROM $t WHERE n % 97 = 0",
        "SELECT u FROM $t WHERE t >= timestamp '2023-11-14 22:30:00' AND day > '2026-03-01'",
        "SELECT count(*) FROM $t WHERE n IS NULL",
        "SELECT a.u FROM $t a JOIN $t b ON a.n = b.n AND a.s = b.s WHERE b.u = 'id-07919'",
    ] {
        check(sql);
    }
}

#[test]
fn orders_and_limits_agree() {
    for sql in [
        "SELECT u, n FROM $t ORDER BY t DESC LIMIT 10",
        "SELECT * FROM $t ORDER BY t LIMIT 3",
        "SELECT u FROM $t WHERE s = 'Put7' ORDER BY t DESC LIMIT 20",
        "SELECT u, p.a FROM $t ORDER BY p.a DESC NULLS LAST, u LIMIT 7",
        "SELECT s, u FROM $t ORDER BY s NULLS FIRST, u LIMIT 5",
        "SELECT u, n FROM $t ORDER BY n DESC NULLS LAST, u LIMIT 12",
        "SELECT max(t), min(u), max(n) FROM $t",
    ] {
        assert!(check(sql) > 0, "{sql}");
    }
    assert_eq!(check("SELECT count(*) FROM (SELECT 1 FROM $t LIMIT 42)"), 1);
}

#[test]
fn groups_agree() {
    for sql in [
        "SELECT s, count(*) FROM $t GROUP BY s",
        "SELECT DISTINCT u, s FROM $t",
        "SELECT day, b, count(*) FROM $t GROUP BY day, b",
        "SELECT lower(p.a) AS a, s || '!' AS s, min(s), max(p.a), count(*) FROM $t GROUP BY 1, 2",
        "SELECT s, sum(n) FILTER (WHERE p.a > 'arn2'), avg(p.i), bool_or(b) FROM $t GROUP BY s",
        "SELECT date_trunc('hour', t), n % 7, s, count(DISTINCT p.a) FROM $t GROUP BY 1, 2, 3",
        "SELECT s, max_by(u, t), min_by(n, t) FROM $t GROUP BY s",
        "SELECT s, b, count(*) FROM $t GROUP BY GROUPING SETS ((s), (b), (s, b), ())",
        "SELECT CASE WHEN n <> 0 AND 100 / n > 3 THEN s END AS c, count(*) FROM $t GROUP BY 1",
        "SELECT s FROM $t GROUP BY s HAVING count(*) > 300",
        "SELECT s, count(*) FROM $t WHERE n < 0 GROUP BY s",
    ] {
        check(sql);
    }
}

#[test]
fn groups_are_numbered() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let lines =
        runtime.block_on(answer("EXPLAIN SELECT s, p.a, count(*) FROM orc GROUP BY s, p.a", false));
    let plan = lines.unwrap().join("\n");
    assert!(
        plan.contains("GroupByNumberExec") && !plan.contains("mode=Partial, gby=[s@0"),
        "{plan}"
    );
}

#[test]
fn what_can_fail_is_asked_after_what_guards_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for sql in [
        "SELECT count(*) FROM orc WHERE n > 5 AND 10 / n > 0",
        // The guard reads more bytes than what it guards.
        "SELECT count(*) FROM orc WHERE j > '{' AND CAST(substr(s, 4) AS bigint) = 1",
        "SELECT count(*) FROM orc WHERE u >= 'id-1' AND u < 'id-2' AND n IS NOT NULL AND 1 / (n + 1) = 0",
    ] {
        let counted = runtime.block_on(answer(sql, false)).unwrap();
        assert_ne!(counted, ["0"], "{sql}");
    }
}

#[test]
fn elements_agree() {
    for sql in [
        "SELECT x FROM $t CROSS JOIN UNNEST(l) AS e (x) WHERE x = 'item2'",
        "SELECT x, count(*), max(u) FROM $t CROSS JOIN UNNEST(l) AS e (x) GROUP BY x",
        "SELECT e.a FROM $t CROSS JOIN UNNEST(r) AS e (t, a, c) WHERE e.t = 'type3'",
        "SELECT e.t, count(*), count(DISTINCT e.a), sum(e.c) FROM $t CROSS JOIN UNNEST(r) AS e (t, a, c) GROUP BY 1",
        "SELECT day, u, p.a, e.c FROM $t CROSS JOIN UNNEST(r) AS e (t, a, c) WHERE e.c > 3 AND s = 'Put3' AND e.t <> day",
        "SELECT e FROM $t CROSS JOIN UNNEST(r) AS e WHERE n < 100",
        "SELECT e.t, u FROM $t CROSS JOIN UNNEST(r) AS e (t, a, c) WHERE e.t IS NULL ORDER BY u, e.a LIMIT 10",
        "SELECT e.t || s, e.c + n FROM $t CROSS JOIN UNNEST(r) AS e (t, a, c) WHERE length(e.a) + n > 30",
        "SELECT e.t, i FROM $t CROSS JOIN UNNEST(r) WITH ORDINALITY AS e (t, a, c, i) WHERE i > 1",
        "SELECT u, e.t FROM $t LEFT JOIN UNNEST(r) AS e (t, a, c) ON TRUE WHERE day = '2026-03-02'",
        "SELECT k, v, u FROM $t CROSS JOIN UNNEST(m) AS e (k, v) WHERE u LIKE 'id-0%'",
        "SELECT k, count(v), min(v), min(t) FROM $t CROSS JOIN UNNEST(m) AS e (k, v) GROUP BY k",
        "SELECT count(*) FROM $t CROSS JOIN UNNEST(r) AS e (t, a, c)",
        "SELECT count(*) FROM (SELECT * FROM $t ORDER BY u LIMIT 20) CROSS JOIN UNNEST(r) AS e (t, a, c)",
        "SELECT x, e.t FROM $t CROSS JOIN UNNEST(l) AS f (x) CROSS JOIN UNNEST(r) AS e (t, a, c) WHERE u = 'id-07919'",
        "SELECT e.a FROM $t CROSS JOIN UNNEST(r) AS e (t, a, c) WHERE e.a IN ('a5', 'a1000', 'a3002')",
        "SELECT a.u FROM $t a CROSS JOIN UNNEST(a.r) AS e (t, a, c) JOIN $t b ON b.u = a.u WHERE e.c = 5 AND b.n < 50",
    ] {
        check(sql);
    }
}

#[test]
fn values_under_keys_agree() {
    for sql in [
        "SELECT element_at(m, 'key1'), element_at(m, 'none') FROM $t",
        "SELECT element_at(m, 'key1'), count(*) FROM $t WHERE element_at(m, 'key1') IS NOT NULL GROUP BY 1",
        "SELECT count(*) FROM $t WHERE element_at(m, 'key1') IS NULL",
        "SELECT u FROM $t WHERE element_at(m, 'key0') LIKE 'v1%' AND element_at(m, 'key1') <> 'v3'",
        "SELECT m FROM $t WHERE element_at(m, 'key0') = 'v10' OR element_at(m, 'key4') IS NULL",
        "SELECT upper(element_at(m, 'key2')), s FROM $t ORDER BY element_at(m, 'key2'), u LIMIT 30",
        "SELECT element_at(m, s) FROM $t WHERE n < 20",
        "SELECT element_at(m, 'key2') FROM $t WHERE u = 'id-07919'",
    ] {
        check(sql);
        check(sql);
    }
}

#[test]
fn scans_unnest() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let sql = "EXPLAIN SELECT e.a, count(*) FROM orc CROSS JOIN UNNEST(r) AS e (t, a, c) \
               WHERE e.t = 'type1' GROUP BY e.a";
    let plan = runtime.block_on(answer(sql, false)).unwrap().join("\n");
    let physical = plan.split("physical_plan").nth(1).unwrap_or(&plan);
    assert!(physical.contains("unnest=r, of_elements=r[].type@"), "{plan}");
    assert!(physical.contains("GroupByNumberExec") && !physical.contains("UnnestExec"), "{plan}");
}

/// Conditions, at random.
fn condition() -> impl Strategy<Value = String> {
    let text = prop_oneof![(
        prop_oneof![Just("s"), Just("p.a"), Just("p.q.z"), Just("u"), Just("day")],
        prop_oneof![
            (0..13_u32).prop_map(|i| format!("Put{i}")),
            (0..41_u32).prop_map(|i| format!("arn{i}")),
            (0..4_u32).prop_map(|i| format!("z{i}")),
            (0..4_500_u32).prop_map(|i| format!("id-{:05}", i * 7_919 % 100_003)),
            Just("2026-03-02".to_owned()),
        ]
    ),];
    let compare = prop_oneof![Just("="), Just("<>"), Just("<"), Just(">="), Just("LIKE")];
    let leaf = prop_oneof![
        (text.clone(), compare).prop_map(|((c, v), op)| format!("{c} {op} '{v}'")),
        (text, any::<bool>()).prop_map(|((c, v), not)| {
            format!("{c} {} ('{v}', 'Put3', 'arn7')", if not { "NOT IN" } else { "IN" })
        }),
        (prop_oneof![Just("n"), Just("p.i")], 0..1_500_i64, 0..60_i64)
            .prop_map(|(c, from, width)| format!("{c} BETWEEN {from} AND {}", from + width)),
        (0..4_600_i64, prop_oneof![Just("<"), Just(">"), Just("=")])
            .prop_map(|(s, op)| { format!("t {op} from_unixtime({})", 1_700_000_000 + s) }),
        (
            prop_oneof![Just("n"), Just("s"), Just("p"), Just("p.q"), Just("p.i"), Just("b")],
            any::<bool>()
        )
            .prop_map(|(c, not)| format!("{c} IS {} NULL", if not { "NOT" } else { "" })),
        Just("b".to_owned()),
        (0..5_u32, 0..11_u32).prop_map(|(k, v)| format!("element_at(m, 'key{k}') = 'v{v}'")),
        (1..30_u32).prop_map(|k| format!("n % {k} = 0")),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} AND {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} OR {b})")),
            inner.prop_map(|a| format!("NOT ({a})")),
        ]
    })
}

fn query() -> impl Strategy<Value = String> {
    const PARTS: [&str; 17] = [
        "n",
        "t",
        "s",
        "u",
        "j",
        "b",
        "p",
        "m",
        "l",
        "day",
        "p.a",
        "p.q.z",
        "upper(s)",
        "n + p.i",
        "element_at(m, 'key3')",
        "upper(element_at(m, 'key1'))",
        "r",
    ];
    let list = proptest::collection::vec(proptest::sample::select(PARTS.to_vec()), 1..6).prop_map(
        |parts| {
            let named = parts.iter().enumerate().map(|(at, part)| format!("{part} AS c{at}"));
            named.collect::<Vec<_>>().join(", ")
        },
    );
    let order = prop_oneof![
        Just("t"),
        Just("t DESC"),
        Just("u"),
        Just("u DESC"),
        Just("n NULLS FIRST, u"),
        Just("p.a DESC NULLS LAST, u"),
    ];
    prop_oneof![
        (list.clone(), condition())
            .prop_map(|(list, filter)| format!("SELECT {list} FROM $t WHERE {filter}")),
        (list, condition(), order, 1..200_u32).prop_map(|(list, filter, order, limit)| {
            format!("SELECT {list} FROM $t WHERE {filter} ORDER BY {order} LIMIT {limit}")
        }),
        (condition(), 0..7_u32).prop_map(|(filter, k)| format!(
            "SELECT u, e.t, e.c FROM $t CROSS JOIN UNNEST(r) AS e (t, a, c) \
             WHERE ({filter}) AND (e.t = 'type{k}' OR e.c < {k})"
        )),
        (groups(), condition(), 0..3_u32).prop_map(|(keys, filter, v)| format!(
            "SELECT {keys}, e.k, count(*), max(e.v) FROM $t CROSS JOIN UNNEST(m) AS e (k, v) \
             WHERE {filter} OR e.v = 'v{v}' GROUP BY {keys}, e.k"
        )),
        (groups(), condition()).prop_map(|(keys, filter)| format!(
            "SELECT {keys}, count(*), count(p.i), count_if(s IS NULL), min(t), max(u), \
             sum(n) FILTER (WHERE b), max(s) FROM $t WHERE {filter} GROUP BY {keys}"
        )),
    ]
}

/// What is grouped by, at random.
fn groups() -> impl Strategy<Value = String> {
    const KEYS: [&str; 12] = [
        "s",
        "u",
        "p.a",
        "p.q.z",
        "day",
        "b",
        "n",
        "p.i",
        "upper(s)",
        "n / 20",
        "date_trunc('minute', t)",
        "element_at(m, 'key3')",
    ];
    proptest::sample::subsequence(KEYS.to_vec(), 1..5)
        .prop_shuffle()
        .prop_map(|keys| keys.join(", "))
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(150)) })]

    /// `PROPTEST_CASES=5000 cargo test random_queries` asks more.
    #[test]
    fn random_queries_agree(sql in query()) {
        check(&sql);
    }
}
