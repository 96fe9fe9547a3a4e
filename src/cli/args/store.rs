//! Arguments of `traillake store`.

use super::formats;
use crate::columnar::Format;
use crate::engine::ddl::{DIALECTS, Dialect};
use crate::event::schema::SCHEMAS;
use crate::event::{EventSchema, RECORD_FORMS, RecordForm};
use crate::store::export::{EXPORT_FORMATS, ExportFormat};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  traillake store create incident-42 --format parquet
  traillake store update incident-42 --termination-protection --tag case=42
  traillake store list")]
pub(crate) struct Store {
    #[command(subcommand)]
    pub(crate) command: StoreCommand,
}

/// What the files of a store are to be.
#[derive(Debug, Args)]
#[command(after_help = "\
--eventjson derived keeps of a record what the other columns lack, and puts its text together when it is asked for, byte
for byte; only traillake reads it. --eventjson plain stores the text, for other engines. Each file is written anew and
takes the place of the old one; queries that are running are not disturbed. What was interrupted goes on when asked for
again. Imports write what the store became.

Examples:
  traillake store convert default --eventjson derived
  traillake store convert production --eventjson plain --dry-run
  traillake store convert incident-42 --format parquet")]
pub(crate) struct StoreConvert {
    /// Its name, its id, or an ARN that ends in its id
    pub(crate) store: String,
    /// Format of its files [default: the store's]
    #[arg(long, value_parser = formats())]
    pub(crate) format: Option<Format>,
    /// How they keep the text of records: plain, or for orc derived [default: as the store does]
    #[arg(long, value_name = "FORM", value_parser = record_forms())]
    pub(crate) eventjson: Option<RecordForm>,
    /// Only say what would be converted
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A store as a table of another engine.
#[derive(Debug, Args)]
pub(crate) struct StoreDdl {
    /// Its name, its id, or an ARN that ends in its id
    pub(crate) store: String,
    /// Engine that will read it; athena also means Hive
    #[arg(long, value_parser = dialects())]
    pub(crate) engine: Dialect,
    /// Name of the table, with its schema and catalog as needed [default: the store's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// Where the engine finds the store's folder [default: where it is]
    #[arg(long, value_name = "URI")]
    pub(crate) location: Option<String>,
}

/// What of a store to write as files, and how.
#[derive(Debug, Args)]
#[command(after_help = "\
json.gz makes AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ as a trail does, by the day of the event; the other formats
make a folder for each day (event_date=YYYY-MM-DD). Records are byte for byte what was imported. Names follow from the
content: an export that is repeated writes only files that are missing. It replaces and removes nothing.

Examples:
  traillake store export --to AWSLogs-copy
  traillake store export incident-42 --to case-42 --from 2026-03-01 --until 2026-03-03
  traillake store export production --to tables --format parquet --where \"eventSource = 'iam.amazonaws.com'\"
  traillake store export production --to data-events --selectors selectors.json --json
  traillake store export production --to trail --selectors selectors.json --follow")]
pub(crate) struct StoreExport {
    /// Its name, its id, or an ARN that ends in its id [default: default]
    pub(crate) store: Option<String>,
    /// Folder to write into; it is made if it does not exist
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to: PathBuf,
    /// What to write
    #[arg(long, value_parser = export_formats(), default_value = ExportFormat::LogFiles.name())]
    pub(crate) format: ExportFormat,
    /// First moment: 2026-03-01, 2026-03-01T14:30:00Z, or a time ago such as 24h or 7d
    #[arg(long, value_name = "MOMENT")]
    pub(crate) from: Option<String>,
    /// Moment before which the events are
    #[arg(long, value_name = "MOMENT")]
    pub(crate) until: Option<String>,
    /// Condition on the columns, in SQL
    #[arg(long = "where", value_name = "SQL", allow_hyphen_values = true)]
    pub(crate) condition: Option<String>,
    /// Advanced event selectors, of which one must let an event through: a file, - for standard input, or the JSON
    /// itself, also as it stands in a command of the AWS CLI
    #[arg(long, value_name = "FILE|-|JSON")]
    pub(crate) selectors: Option<OsString>,
    /// Go on, and write what arrives, until Ctrl-C; what the folder holds already is not written again
    #[arg(long)]
    pub(crate) follow: bool,
    /// Seconds between two looks for what has arrived
    #[arg(long, value_name = "SECONDS", default_value_t = 5, requires = "follow", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) interval: u64,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to change about a store.
#[derive(Debug, Args)]
pub(crate) struct StoreUpdate {
    /// Its name, its id, or an ARN that ends in its id
    pub(crate) store: String,
    /// Another name
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Another id that means this store, beside its own: that of an event data store at AWS (or its ARN), so that
    /// queries which name it find this one; may be given more than once
    #[arg(long, value_name = "ID")]
    pub(crate) add_id: Vec<String>,
    /// Take such an id away; may be given more than once
    #[arg(long, value_name = "ID")]
    pub(crate) remove_id: Vec<String>,
    /// Days to keep events, by their time (7 to 3653)
    #[arg(long, value_name = "DAYS")]
    pub(crate) retention_days: Option<u32>,
    /// Keep all events
    #[arg(long, conflicts_with = "retention_days")]
    pub(crate) keep_all: bool,
    /// Refuse to delete the store
    #[arg(long)]
    pub(crate) termination_protection: bool,
    /// Allow to delete the store
    #[arg(long, conflicts_with = "termination_protection")]
    pub(crate) no_termination_protection: bool,
    /// Advanced event selectors, of which one must let an event through from now on: a file, - for standard input,
    /// or the JSON itself, also as it stands in a command of the AWS CLI
    #[arg(long, value_name = "FILE|-|JSON")]
    pub(crate) selectors: Option<OsString>,
    /// Take every event
    #[arg(long, conflicts_with = "selectors")]
    pub(crate) no_selectors: bool,
    /// Set a tag; may be given more than once
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) tag: Vec<String>,
    /// Remove a tag; may be given more than once
    #[arg(long, value_name = "KEY")]
    pub(crate) untag: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Create a store
    #[command(after_help = "\
Examples:
  traillake store create incident-42
  traillake store create production --format parquet --retention-days 90
  traillake store create shared --eventjson plain
  traillake store create audit --id 1a2b3c4d-0f0a-4c6e-9d0c-5b7a3e1f2d4c
  traillake store create xray --selectors selectors.json
  traillake store create insights --category Insight
  aws cloudtrail get-event-selectors --trail-name t | traillake store create trail --selectors -")]
    Create {
        /// Its name: 3 to 128 letters, digits, '.', '_' and '-'
        name: String,
        /// Its id, as that of the event data store that queries name [default: a new one]
        #[arg(long, value_name = "UUID")]
        id: Option<String>,
        /// Category of its events, which decides its columns [default: that of the selectors, else CloudTrail]
        #[arg(long, value_parser = categories(), ignore_case = true)]
        category: Option<EventSchema>,
        /// Format of its files
        #[arg(long, value_parser = formats(), default_value = crate::store::lake::DEFAULT_FORMAT.name())]
        format: Format,
        /// How its files keep the text of records: derived puts it together of the other columns, byte for byte, in about
        /// half the bytes; plain stores it, for other engines [default: derived for orc, else plain]
        #[arg(long, value_name = "FORM", value_parser = record_forms())]
        eventjson: Option<RecordForm>,
        /// Days to keep events, by their time (7 to 3653) [default: keep all]
        #[arg(long, value_name = "DAYS")]
        retention_days: Option<u32>,
        /// Advanced event selectors, of which one must let an event through: a file, - for standard input, or the
        /// JSON itself, also as it stands in a command of the AWS CLI [default: none, take every event]
        #[arg(long, value_name = "FILE|-|JSON")]
        selectors: Option<OsString>,
    },
    /// Change a store: its name, retention, protection, event selectors and tags
    #[command(after_help = "\
A shorter retention deletes nothing by itself; store expire does. Other selectors leave what the store has; the next
import reads files again that were imported under those before.

Examples:
  traillake store update xray --selectors selectors.json
  traillake store update production --retention-days 90
  traillake store update production --termination-protection --tag team=security")]
    Update(StoreUpdate),
    /// Delete a store: it can be restored for seven days, then it is gone with its files
    #[command(after_help = "\
While the deletion is pending the store is neither asked nor filled. When the seven days are over, the next
store or import command removes it and says so. --purge removes it at once, and asks for its name.

Examples:
  traillake store delete incident-42
  traillake store delete incident-42 --purge
  traillake store delete incident-42 --purge --confirm incident-42 < /dev/null")]
    Delete {
        /// Its name, its id, or an ARN that ends in its id
        store: String,
        /// Remove it and its files now; it cannot be restored
        #[arg(long)]
        purge: bool,
        /// Do not ask
        #[arg(long, conflicts_with = "purge")]
        yes: bool,
        /// The store's name, instead of being asked for it
        #[arg(long, value_name = "NAME", requires = "purge")]
        confirm: Option<String>,
    },
    /// Restore a store whose deletion is pending
    #[command(after_help = "\
Example:
  traillake store restore incident-42")]
    Restore {
        /// Its name, its id, or an ARN that ends in its id
        store: String,
    },
    /// Let a store take no more events; it goes on answering queries
    #[command(after_help = "\
Example:
  traillake store stop-ingestion incident-42")]
    StopIngestion {
        /// Its name, its id, or an ARN that ends in its id
        store: String,
    },
    /// Let a store take events again
    #[command(after_help = "\
Example:
  traillake store start-ingestion incident-42")]
    StartIngestion {
        /// Its name, its id, or an ARN that ends in its id
        store: String,
    },
    /// Remove events that are older than the store's retention
    #[command(after_help = "\
Whole files go, which hold the events of one day each: those whose latest event is older than the retention.
Events without a time stay.

Examples:
  traillake store expire production --dry-run
  traillake store expire production --yes")]
    Expire {
        /// Its name, its id, or an ARN that ends in its id [default: all stores with a retention]
        store: Option<String>,
        /// Only list what would go
        #[arg(long)]
        dry_run: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Compare the data files with the catalog, and repair what can be
    #[command(after_help = "\
Every data file is read to its end: its hash, its columns, and of each event the checksum of its record. Exit code 3 when
events cannot be read.

--repair removes data files that are not listed, and sets aside those that cannot be read (as FILE.damaged): import the
same logs again, and what is missing is stored. A catalog that is lost or damaged is made anew from the data files.

Examples:
  traillake store check
  traillake store check production --quick --json
  traillake store check --repair")]
    Check {
        /// Its name, its id, or an ARN that ends in its id [default: all stores]
        store: Option<String>,
        /// Look at the sizes of files only
        #[arg(long)]
        quick: bool,
        /// Repair what can be
        #[arg(long, conflicts_with = "quick")]
        repair: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Merge the data files of each day into few
    #[command(after_help = "\
Imports do so by themselves where they would leave many files of a day. This merges all that fit into memory together
(--memory); queries that are running are not disturbed.

Examples:
  traillake store compact production --dry-run
  traillake store compact")]
    Compact {
        /// Its name, its id, or an ARN that ends in its id [default: all stores]
        store: Option<String>,
        /// Only say what would be merged
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the files of a store anew in another format, or with the text of records kept otherwise
    Convert(StoreConvert),
    /// List all stores
    #[command(after_help = "\
Example:
  traillake store list --json")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what a store holds
    #[command(after_help = "\
Example:
  traillake store show default")]
    Show {
        /// Its name, its id, or an ARN that ends in its id
        store: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write the events of a store as files: log files as a trail delivers them, JSON Lines, or tables
    Export(StoreExport),
    /// Show which events of files selectors let through, and why; nothing is stored
    TestSelectors(TestSelectors),
    /// Print the SQL that makes a store's folder a table of another engine
    #[command(after_help = "\
The last statement finds the partitions; run it again after an import. DuckDB finds them itself. Where the text of
records is derived (ORC), the table has no eventjson, and a comment says so; store convert --eventjson plain stores it.

Examples:
  traillake store ddl default --engine duckdb | duckdb events.duckdb
  traillake store ddl default --engine athena --table logs.events --location s3://bucket/events")]
    Ddl(StoreDdl),
}

#[derive(Debug, Args)]
#[command(after_help = "\
The events of files are counted by selector, and those that none lets through by category, source and name.

Examples:
  traillake store test-selectors AWSLogs/ --selectors selectors.json
  traillake store test-selectors AWSLogs/ --store xray --list
  traillake store test-selectors AWSLogs/ --store xray --explain 4c2a9c0f-8b1e-4d0e-9a51-3a4b7f2f6f11")]
pub(crate) struct TestSelectors {
    /// Files, folders, patterns, pipes, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Selectors to test: a file, - for standard input, or the JSON itself
    #[arg(long, value_name = "FILE|-|JSON", conflicts_with = "store")]
    pub(crate) selectors: Option<OsString>,
    /// Store whose selectors to test, by name or id [default: default]
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// Say of one event, selector by selector and field by field, why it is let through or not
    #[arg(long, value_name = "EVENT_ID", conflicts_with = "list")]
    pub(crate) explain: Option<String>,
    /// Print each event with the numbers of the selectors that let it through
    #[arg(long, conflicts_with = "json")]
    pub(crate) list: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn categories() -> impl clap::builder::TypedValueParser<Value = EventSchema> {
    PossibleValuesParser::new(SCHEMAS.map(EventSchema::name))
        .map(|name| EventSchema::from_name(&name).unwrap_or_default())
}

fn record_forms() -> impl clap::builder::TypedValueParser<Value = RecordForm> {
    PossibleValuesParser::new(RECORD_FORMS.map(RecordForm::name))
        .map(|name| RecordForm::from_name(&name).unwrap_or_default())
}

fn export_formats() -> impl clap::builder::TypedValueParser<Value = ExportFormat> {
    PossibleValuesParser::new(EXPORT_FORMATS.map(ExportFormat::name))
        .map(|name| ExportFormat::from_name(&name).unwrap_or(ExportFormat::LogFiles))
}

fn dialects() -> impl clap::builder::TypedValueParser<Value = Dialect> {
    PossibleValuesParser::new(DIALECTS.map(Dialect::name))
        .map(|name| Dialect::from_name(&name).unwrap_or(Dialect::Trino))
}
