//! Statements that make a store's folder a table of another SQL engine.
//!
//! The columns are those of the store's category, in file order, and behind them the partition column: Trino
//! and Athena know the columns of an ORC file by their place.

use crate::columnar::Format;
use crate::event::schema::{EVENT_JSON, EVENT_JSON_CHECKSUM, Field, Type, sql_type};
use crate::event::{EventSchema, RecordForm};
use crate::store::paths::PARTITION_COLUMN;
use std::path::{MAIN_SEPARATOR_STR, Path};

/// A SQL engine that reads folders of columnar files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Trino, by its Hive connector.
    Trino,
    /// Amazon Athena; Apache Hive takes the same statements.
    Athena,
    /// Apache Spark SQL.
    Spark,
    /// DuckDB.
    DuckDb,
}

/// Every dialect, in the order that help shows them.
pub const DIALECTS: [Dialect; 4] =
    [Dialect::Trino, Dialect::Athena, Dialect::Spark, Dialect::DuckDb];

/// Why no statements can be given.
#[derive(Debug, thiserror::Error)]
pub enum DdlError {
    /// The engine has no reader for a format of the store.
    #[error(
        "{dialect} does not read {format} files, only {}; make a store for it with \
         traillake store create NAME --format {}, and import the logs into that",
        join(dialect.formats()), dialect.formats()[0]
    )]
    Unreadable {
        /// The engine.
        dialect: Dialect,
        /// What it does not read.
        format: Format,
    },
    /// The folder holds files of more than one format.
    #[error(
        "the store holds {} files, and a table of {dialect} is of one format; make a store for it with \
         traillake store create NAME --format {}, and import the logs into that",
        join(formats), dialect.formats()[0]
    )]
    Mixed {
        /// The engine.
        dialect: Dialect,
        /// What the store holds.
        formats: Vec<Format>,
    },
    /// Some files hold the text of records, and some do not.
    #[error(
        "some files of the store have eventjson and some derive it, so their columns differ; make them alike with \
         traillake store convert {0} --eventjson plain"
    )]
    MixedRecords(String),
    /// Not a table name.
    #[error("{name:?} cannot name a table of {dialect}: {} are expected", dialect.name_parts())]
    BadTable {
        /// The engine.
        dialect: Dialect,
        /// What was given.
        name: String,
    },
    /// Not a location.
    #[error("{0:?} is no location: it is empty, or holds control characters")]
    BadLocation(String),
    /// Athena has no access to this machine.
    #[error(
        "Athena reads from S3: copy the folder there, as with aws s3 sync {0:?} s3://BUCKET/PREFIX, \
         and give --location s3://BUCKET/PREFIX"
    )]
    Local(String),
}

impl Dialect {
    /// Returns the name that selects the dialect.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trino => "trino",
            Self::Athena => "athena",
            Self::Spark => "spark",
            Self::DuckDb => "duckdb",
        }
    }

    /// Returns the dialect with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        DIALECTS.into_iter().find(|dialect| dialect.name() == name)
    }

    fn formats(self) -> &'static [Format] {
        match self {
            Self::DuckDb => &[Format::Parquet],
            _ => &[Format::Parquet, Format::Orc],
        }
    }

    fn name_parts(self) -> &'static str {
        match self {
            Self::Athena => "up to two parts, database.name,",
            _ => "up to three parts, catalog.schema.name,",
        }
    }

    /// Returns `name` as a quoted identifier.
    fn quoted(self, name: &str) -> String {
        match self {
            Self::Trino | Self::DuckDb => format!("\"{}\"", name.replace('"', "\"\"")),
            Self::Athena | Self::Spark => format!("`{}`", name.replace('`', "``")),
        }
    }

    /// Returns `text` as a string literal.
    fn literal(self, text: &str) -> String {
        match self {
            Self::Trino | Self::DuckDb => format!("'{}'", text.replace('\'', "''")),
            Self::Athena | Self::Spark => {
                format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
            }
        }
    }

    /// Returns the type of a column in files of `format`.
    fn sql_type(self, data_type: Type, format: Format) -> String {
        let fields = |fields: &[Field]| {
            let fields =
                fields.iter().map(|f| format!("{}:{}", f.name, self.sql_type(f.data_type, format)));
            format!("struct<{}>", fields.collect::<Vec<_>>().join(","))
        };
        match (self, data_type) {
            (Self::Trino | Self::DuckDb, _) => sql_type(data_type),
            (_, Type::Text) => "string".to_owned(),
            (_, Type::Boolean) => "boolean".to_owned(),
            (_, Type::Integer) => "int".to_owned(),
            (_, Type::Double) => "double".to_owned(),
            // Spark refuses to read times of ORC files as what they are.
            (Self::Spark, Type::Timestamp) if format != Format::Orc => "timestamp_ntz".to_owned(),
            (_, Type::Timestamp) => "timestamp".to_owned(),
            (_, Type::Map) => "map<string,string>".to_owned(),
            (_, Type::Struct(inner)) => fields(inner),
            (_, Type::StructList(inner)) => format!("array<{}>", fields(inner)),
        }
    }
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Trino => "Trino",
            Self::Athena => "Athena",
            Self::Spark => "Spark",
            Self::DuckDb => "DuckDB",
        })
    }
}

fn join(formats: &[Format]) -> String {
    let names: Vec<_> = formats.iter().map(|format| format.name()).collect();
    names.join(" and ")
}

/// Returns the name that a store's table has unless another is wanted: the store's, in the letters
/// that every engine takes, and `event_data_store` for the default one.
pub fn table_name(store: &str) -> String {
    if store.eq_ignore_ascii_case(crate::store::lake::DEFAULT_STORE) {
        return "event_data_store".to_owned();
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    store.chars().map(plain).collect()
}

/// Returns the URI of a folder, as table locations spell it: spaces and the like as they are.
///
/// # Errors
/// When the path is not text.
pub fn folder_uri(folder: &Path) -> Result<String, DdlError> {
    let lossy = || DdlError::BadLocation(folder.display().to_string());
    let path = folder.to_str().ok_or_else(lossy)?.replace(MAIN_SEPARATOR_STR, "/");
    Ok(format!("file://{}{path}", if path.starts_with('/') { "" } else { "/" }))
}

/// What the files of a store are.
#[derive(Debug, Clone)]
pub struct Files {
    /// Their formats, each once.
    pub formats: Vec<Format>,
    /// How they keep the text of records, each form once.
    pub forms: Vec<RecordForm>,
    /// Name of the store, for commands that change it.
    pub store: String,
}

/// Returns the statements, each ended by `;`, that make the folder at `location` the table `name`
/// of an engine. `name` may be led by schema and catalog; `files` are those in the folder.
///
/// # Errors
/// When the engine cannot read the files, or the name or location cannot be.
pub fn create_table(
    dialect: Dialect,
    name: &str,
    location: &str,
    schema: EventSchema,
    files: &Files,
) -> Result<String, DdlError> {
    let format = match files.formats[..] {
        [format] => format,
        _ => return Err(DdlError::Mixed { dialect, formats: files.formats.clone() }),
    };
    if !dialect.formats().contains(&format) {
        return Err(DdlError::Unreadable { dialect, format });
    }
    let form = match files.forms[..] {
        [form] => form,
        _ => return Err(DdlError::MixedRecords(files.store.clone())),
    };
    if location.is_empty() || location.contains(char::is_control) {
        return Err(DdlError::BadLocation(location.to_owned()));
    }
    if dialect == Dialect::Athena
        && let Some(folder) = location.strip_prefix("file://")
    {
        return Err(DdlError::Local(folder.to_owned()));
    }
    let mut parts: Vec<_> = name.split('.').collect();
    let most = if dialect == Dialect::Athena { 2 } else { 3 };
    if parts.len() > most || parts.iter().any(|p| p.is_empty() || p.contains(char::is_control)) {
        return Err(DdlError::BadTable { dialect, name: name.to_owned() });
    }
    if dialect == Dialect::Trino {
        // The procedure that finds partitions belongs to a catalog and wants a schema.
        for default in ["default", "hive"].iter().skip(parts.len() - 1) {
            parts.insert(0, default);
        }
    }
    let table = parts.iter().map(|part| dialect.quoted(part)).collect::<Vec<_>>().join(".");
    let at = dialect.literal(location);
    let is_there = |f: &&Field| {
        form == RecordForm::Plain || ![EVENT_JSON, EVENT_JSON_CHECKSUM].contains(&f.name)
    };
    let columns = schema.columns().iter().filter(is_there);
    let columns =
        columns.map(|f| format!("  {} {}", f.name, dialect.sql_type(f.data_type, format)));
    let columns = columns.collect::<Vec<_>>().join(",\n");
    let statements = match dialect {
        Dialect::Trino => format!(
            "CREATE TABLE {table} (\n{columns},\n  {PARTITION_COLUMN} date\n)\nWITH (\n  \
             format = '{}',\n  external_location = {at},\n  \
             partitioned_by = ARRAY['{PARTITION_COLUMN}']\n);\n\n\
             CALL {}.system.sync_partition_metadata({}, {}, 'FULL');",
            format.name().to_ascii_uppercase(),
            dialect.quoted(parts[0]),
            dialect.literal(&parts[1].to_lowercase()),
            dialect.literal(&parts[2].to_lowercase()),
        ),
        Dialect::Athena => format!(
            "CREATE EXTERNAL TABLE {table} (\n{columns}\n)\nPARTITIONED BY ({PARTITION_COLUMN} date)\n\
             STORED AS {}\nLOCATION {at};\n\nMSCK REPAIR TABLE {table};",
            format.name().to_ascii_uppercase(),
        ),
        Dialect::Spark => format!(
            "{}CREATE TABLE {table} (\n{columns},\n  {PARTITION_COLUMN} date\n)\nUSING {format}\n\
             PARTITIONED BY ({PARTITION_COLUMN})\nLOCATION {at};\n\nMSCK REPAIR TABLE {table};",
            if format == Format::Orc { SPARK_ORC_TIMES } else { "" },
        ),
        Dialect::DuckDb => {
            let names: String =
                schema.columns().iter().map(|f| format!("  {},\n", f.name)).collect();
            format!(
                "CREATE VIEW {table} AS\nSELECT\n{names}  {PARTITION_COLUMN}\nFROM read_parquet(\n  \
                 {},\n  hive_partitioning = true,\n  hive_types = {{'{PARTITION_COLUMN}': DATE}}\n);",
                dialect.literal(&glob(location)),
            )
        }
    };
    Ok(match form {
        RecordForm::Plain => statements,
        RecordForm::Derived => format!("{}{statements}", derived_records(&files.store)),
    })
}

/// What a reader of files has to know in which the text of records is derived.
fn derived_records(store: &str) -> String {
    format!(
        "-- These files derive the text of records: there are no columns eventjson and eventjsonchecksum,\n\
         -- which only traillake puts together of the others. To have them as columns:\n\
         -- traillake store convert {store} --eventjson plain\n"
    )
}

const SPARK_ORC_TIMES: &str = "\
-- Times are in UTC. Spark takes those in ORC files for times in the zone of its JVM:
-- run it with -Duser.timezone=UTC.
";

/// The Parquet files of the folder as a pattern; what means something in patterns stands for itself.
fn glob(folder: &str) -> String {
    let mut pattern = String::new();
    for c in folder.trim_end_matches('/').chars() {
        match c {
            '*' | '?' | '[' => pattern.extend(['[', c, ']']),
            c => pattern.push(c),
        }
    }
    format!("{pattern}/{PARTITION_COLUMN}=*/*.parquet")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(format: Format, form: RecordForm) -> Files {
        Files { formats: vec![format], forms: vec![form], store: "incident-42".to_owned() }
    }

    #[test]
    fn statements_of_every_engine() {
        let all: Vec<_> = [
            (Dialect::Trino, "events", EventSchema::CloudTrail, Format::Orc),
            (Dialect::Athena, "logs.events", EventSchema::CloudTrail, Format::Orc),
            (Dialect::Spark, "events", EventSchema::CloudTrail, Format::Orc),
            (Dialect::Spark, "spark_catalog.logs.events", EventSchema::CloudTrail, Format::Parquet),
            (Dialect::DuckDb, "events", EventSchema::CloudTrail, Format::Parquet),
            (Dialect::Trino, "insights", EventSchema::Insight, Format::Orc),
            (Dialect::Athena, "insights", EventSchema::Insight, Format::Orc),
        ]
        .map(|(dialect, name, schema, format)| {
            let files = files(format, RecordForm::Plain);
            let text = create_table(dialect, name, "s3://bucket/events", schema, &files).unwrap();
            format!("-- {dialect}, {format}\n{text}\n")
        })
        .into();
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn derived_records_are_told_and_not_among_the_columns() {
        let make = |files: &Files| {
            let at = "s3://bucket/events";
            create_table(Dialect::Trino, "events", at, EventSchema::CloudTrail, files)
        };
        let mut files = files(Format::Orc, RecordForm::Derived);
        let text = make(&files).unwrap();
        assert!(text.starts_with("-- These files derive the text of records"), "{text}");
        assert!(text.contains("traillake store convert incident-42 --eventjson plain"), "{text}");
        assert!(!text.contains("  eventjson ") && !text.contains("  eventjsonchecksum "), "{text}");
        assert!(text.contains("  eventcontext "), "{text}");
        files.forms.push(RecordForm::Plain);
        let refused = make(&files).unwrap_err().to_string();
        assert!(refused.contains("store convert incident-42 --eventjson plain"), "{refused}");
    }

    #[test]
    fn hostile_names_stay_names() {
        let make = |dialect, name, location| {
            let files = files(Format::Parquet, RecordForm::Plain);
            create_table(dialect, name, location, EventSchema::CloudTrail, &files).unwrap()
        };
        let text = make(Dialect::Trino, "a\"b.c';--.D`", r"s3://b/it's \ [x]*");
        assert!(text.starts_with("CREATE TABLE \"a\"\"b\".\"c';--\".\"D`\" ("), "{text}");
        assert!(text.contains(r"external_location = 's3://b/it''s \ [x]*',"), "{text}");
        let call = "CALL \"a\"\"b\".system.sync_partition_metadata('c'';--', 'd`', 'FULL');";
        assert!(text.ends_with(call), "{text}");
        for dialect in [Dialect::Athena, Dialect::Spark] {
            let text = make(dialect, "a\"b.D`", r"s3://b/it's \ [x]*");
            assert!(text.contains("TABLE `a\"b`.`D``` ("), "{text}");
            assert!(text.contains(r"LOCATION 's3://b/it\'s \\ [x]*';"), "{text}");
        }
        let text = make(Dialect::DuckDb, "D\"`", r"s3://b/it's \ [x]*/");
        assert!(text.starts_with("CREATE VIEW \"D\"\"`\" AS\n"), "{text}");
        assert!(text.contains(r"'s3://b/it''s \ [[]x][*]/event_date=*/*.parquet',"), "{text}");
    }

    #[test]
    fn the_default_name_suits_every_engine() {
        for (store, table) in [
            ("default", "event_data_store"),
            ("Incident-42.b", "incident_42_b"),
            ("2026_logs", "2026_logs"),
        ] {
            assert_eq!(table_name(store), table);
        }
    }
}
