//! The arguments as typed.

mod serve;
mod sources;
mod store;

pub(super) use serve::{AccessKeyCommand, AccessKeys, Serve};
pub(super) use sources::{BucketAccess, DeliveryFilters, SourceAdd, SourceCommand, Sources, Watch};
pub(super) use store::{
    Store, StoreCommand, StoreConvert, StoreDdl, StoreExport, StoreUpdate, TestSelectors,
};

use crate::bench::TargetKind;
use crate::columnar::{FORMATS, Format};
use crate::engine::translate::{DIALECTS, Dialect};
use crate::investigate::{LOOKUP_KEYS, LookupKey};
use crate::output::chart::{CHART_KINDS, ChartKind};
use crate::output::{OUTPUT_FORMATS, OutputFormat};
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// A local CloudTrail Lake: import event logs, ask SQL.
#[derive(Debug, Parser)]
#[command(name = "traillake", version, about, long_about = None, after_help = "\
Examples:
  traillake query --input AWSLogs/ \"SELECT eventName, count(*) FROM event_data_store GROUP BY eventName\"
  traillake import AWSLogs/
  traillake query \"SELECT * FROM event_data_store WHERE errorCode IS NOT NULL LIMIT 10\"
  traillake                              (without a command: the REPL)

Exit codes: 0 done, 1 the query or the input failed, 2 wrong usage, 3 the lake is damaged, 4 interrupted.")]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Args)]
pub(super) struct Global {
    /// Folder of the lake, which holds the event data stores [default: the user's data folder]
    #[arg(long, global = true, value_name = "DIR", env = super::env::LAKE)]
    pub(super) lake: Option<PathBuf>,
    /// Memory for waiting events and for queries, such as 512MB or 4GB; the program itself takes some 100 to 200 MB beside it
    #[arg(long, global = true, value_name = "SIZE", default_value = "1GB")]
    pub(super) memory: String,
    /// Threads to use [default: one for each core]
    #[arg(long, global = true, value_name = "N")]
    pub(super) threads: Option<usize>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Import event logs into an event data store
    Import(Import),
    /// Run SQL over an event data store, or over files
    Query(Query),
    /// Create and show event data stores
    Store(Store),
    /// Write SQL of other engines as CloudTrail Lake takes it
    Translate(Translate),
    /// Show past imports
    Imports(Imports),
    /// Name the folders and buckets that stores are fed from
    Source(Sources),
    /// Import what comes to the sources of stores, as long as it runs
    Watch(Watch),
    /// Answer AWS's CloudTrail API, so that AWS's own clients ask this lake
    Serve(Serve),
    /// Make, list and delete the access keys of the service
    AccessKeys(AccessKeys),
    /// List saved queries, and show one
    Saved(Saved),
    /// Find a text wherever it occurs: an address, ARN, access key, account, user or resource name
    Find(Find),
    /// Show what one identity did, and what was done to it, in order
    Timeline(Timeline),
    /// Show management events, the newest first, as AWS's event history does
    LookupEvents(LookupEvents),
    /// Summarize a store: time span, events per day, accounts, services, errors, gaps, oddities
    Summary(Summary),
    /// Validate log files against the digest files of a trail, offline, in a local copy of its bucket
    ValidateLogs(ValidateLogs),
    /// Show how an ORC, Parquet or Arrow file is laid out
    Inspect(Inspect),
    /// Measure the same queries over the same events in every format
    Bench(Bench),
    /// Write synthetic log files: X-Ray and management events, seeded
    Synth(Synth),
    /// Start the REPL (the same as no command)
    Repl(Repl),
    /// Print the completion script for a shell
    Completions(Completions),
    /// Write the manual pages
    Man(Man),
}

#[derive(Debug, Default, Args)]
#[command(after_help = "\
Files are known by their bytes: trail log files, JSON Lines, arrays, single records, gzip or not.
What is in the store already is not stored again, so the same folder can be imported any time.

Examples:
  traillake import AWSLogs/
  traillake import 'logs/*.json.gz' more.jsonl --store incident-42
  traillake import AWSLogs/ --exclude CloudTrail-Digest --exclude '._*'
  traillake import AWSLogs/ --from 2026-03-01 --to 2026-03-08 --region eu-west-1
  traillake import s3://my-trail-bucket/AWSLogs/ --profile audit --from 7d
  zcat logs.gz | traillake import -")]
pub(super) struct Import {
    /// Files, folders, patterns, pipes, - for standard input, or objects: s3://BUCKET/PREFIX
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Files to leave out: a pattern of their name, of a folder's name, or of their path below PATH;
    /// may be given several times
    #[arg(long, value_name = "PATTERN")]
    pub(super) exclude: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) deliveries: DeliveryFilters,
    /// Store to import into, by name or id [default: default, created if it does not exist]
    #[arg(long, value_name = "STORE")]
    pub(super) store: Option<String>,
    /// Format of the files to write [default: the store's]
    #[arg(long, value_parser = formats())]
    pub(super) format: Option<Format>,
    /// Read files once more that were imported before, or whose failure is accepted
    #[arg(long)]
    pub(super) again: bool,
    /// End with an error, too, if a value does not fit its column or a file is of another kind
    #[arg(long)]
    pub(super) strict: bool,
    /// Keep each rejected record with its reason in a file in this folder, as JSON Lines
    #[arg(long, value_name = "FOLDER")]
    pub(super) quarantine: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) access: BucketAccess,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The table is event_data_store, or a store's name or id. Statements come from the argument, from
files (-f), or from standard input. An argument that begins with a comment (-- ...) is a statement,
not an option.

Examples:
  traillake query \"SELECT eventTime, eventName FROM event_data_store ORDER BY eventTime LIMIT 5\"
  traillake query -f report.sql --output report.csv
  traillake query --saved security/root-use --chart
  traillake query --saved security/console-login-without-mfa --param from=7d
  traillake query -f hunt.sql --param 'start time=24h' --param role=admin
  traillake query --input AWSLogs/ --input more.json.gz \"SELECT count(*) FROM event_data_store\"")]
pub(super) struct Query {
    /// The statement
    #[arg(value_name = "SQL", conflicts_with_all = ["file", "saved"], value_parser = super::texts::plain)]
    pub(super) sql: Option<String>,
    /// File of statements, separated by semicolons; may be given several times
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: Vec<PathBuf>,
    /// Saved query, by its name or a part of it that no other has; traillake saved list shows all
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    pub(super) saved: Option<String>,
    /// Value of a parameter ($name, :name, ${name}, {{name}}, or the first ? as 1), as NAME=VALUE; may be given several
    /// times. Moments are given as 2026-03-01, 2026-03-01T14:30:00Z, now, or a time ago such as 24h or 7d
    #[arg(long, value_name = "NAME=VALUE", value_parser = key_value)]
    pub(super) param: Vec<(String, String)>,
    /// File, folder, pattern or s3://BUCKET/PREFIX to query without keeping a store; may be given several times
    #[arg(long, value_name = "PATH", conflicts_with = "store")]
    pub(super) input: Vec<PathBuf>,
    /// Files of --input to leave out, as with traillake import; may be given several times
    #[arg(long, value_name = "PATTERN", requires = "input")]
    pub(super) exclude: Vec<PathBuf>,
    /// Store that event_data_store means, by name or id [default: default]
    #[arg(long, value_name = "STORE")]
    pub(super) store: Option<String>,
    #[command(flatten)]
    pub(super) leniency: Leniency,
    /// How to print answers [default: table]
    #[arg(long, value_parser = output_formats())]
    pub(super) format: Option<OutputFormat>,
    #[command(flatten)]
    pub(super) answer: Answer,
    /// Go on after a statement that fails
    #[arg(long)]
    pub(super) keep_going: bool,
    #[command(flatten)]
    pub(super) access: BucketAccess,
}

/// What a statement may say otherwise than CloudTrail Lake takes it.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct Leniency {
    /// Let the id of a store that is not there mean event_data_store
    #[arg(long)]
    pub(super) any_store: bool,
    /// Run a statement of another engine translated, and say what was read as what [also: TRAILLAKE_TRANSLATE=1]
    #[arg(long)]
    translate: bool,
    /// Whether the environment's wish holds no more.
    #[arg(skip)]
    chosen: bool,
}

impl Leniency {
    /// Whether statements are translated.
    pub(super) fn translates(self) -> bool {
        self.translate || (!self.chosen && super::env::translate())
    }

    /// Switches it on or off, whatever the environment says.
    pub(super) fn set_translate(&mut self, on: bool) {
        (self.translate, self.chosen) = (on, true);
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Valid statements stay as they are. Of others is printed what rules made of them, on standard error what each rule changed
and what could not be repaired; docs/lake-compat.md lists the rules. No lake is needed. The exit code is 1 if a statement
could not be repaired, and with --check if one is not valid as it is.

Examples:
  traillake translate \"SELECT eventname FROM cloudtrail_logs WHERE eventtime LIKE '2026-03-01%' LIMIT 5 OFFSET 10\"
  traillake translate -f athena.sql --dialect athena > lake.sql
  traillake translate --check -f queries/*.sql")]
pub(super) struct Translate {
    /// The statement
    #[arg(value_name = "SQL", conflicts_with = "file", value_parser = super::texts::plain)]
    pub(super) sql: Option<String>,
    /// File of statements, separated by semicolons
    #[arg(short, long, value_name = "FILE", num_args = 1..)]
    pub(super) file: Vec<PathBuf>,
    /// Only judge: print nothing but what is wrong, and how it would be right
    #[arg(long)]
    pub(super) check: bool,
    /// Where the statements come from
    #[arg(long, value_parser = translated_dialects(), default_value = Dialect::Auto.name())]
    pub(super) dialect: Dialect,
}

/// Where an answer goes, and what is added to it.
#[derive(Debug, Args)]
pub(super) struct Answer {
    /// File to write the answer to; its extension decides the format unless --format does: csv, tsv,
    /// json, jsonl, md, html, svg, parquet, orc or arrow
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long, requires = "output")]
    pub(super) force: bool,
    /// Draw a chart below the table, in a page, or as SVG: bar (label, number), line (time,
    /// [series,] number), heatmap (row, column, number) or sparkline (number); a saved query has
    /// its own
    #[arg(long, value_name = "KIND", num_args = 0..=1, value_parser = chart_kinds())]
    pub(super) chart: Option<Option<ChartKind>>,
    /// Show columns that are NULL, too, in records one below the other
    #[arg(long)]
    pub(super) nulls: bool,
    /// Put an apostrophe before text that spreadsheets would take for a formula, in csv and tsv
    #[arg(long)]
    pub(super) csv_safe: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  traillake imports list
  traillake imports show 0197
  traillake imports accept 0197")]
pub(super) struct Imports {
    #[command(subcommand)]
    pub(super) command: ImportsCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ImportsCommand {
    /// List all imports, newest first
    #[command(after_help = "\
Example:
  traillake imports list")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the report of an import, and what it could not take
    #[command(after_help = "\
Example:
  traillake imports show 0197 --json")]
    Show {
        /// Its id, or the beginning of it
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List what an import could not take, with file, position and reason
    #[command(after_help = "\
Example:
  traillake imports failures 0197 --json")]
    Failures {
        /// The import's id, or the beginning of it
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Read once more the files of an import that failed
    #[command(after_help = "\
A file is read again as a whole; what is in the store is not stored twice. It is an import of its own.

Example:
  traillake imports retry 0197")]
    Retry {
        /// The import's id, or the beginning of it
        id: String,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        access: BucketAccess,
    },
    /// Stop an import that runs in another process; what it has read is kept
    #[command(after_help = "\
Example:
  traillake imports stop 0197")]
    Stop {
        /// The import's id, or the beginning of it
        id: String,
    },
    /// Accept that files of an import failed: they are not read again unless they change
    #[command(after_help = "\
The files stay in the report of their import. import --again reads them once more.

Example:
  traillake imports accept 0197")]
    Accept {
        /// The import's id, or the beginning of it
        id: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Queries of your own lie as .sql files in the folder queries/ of the lake, or where
TRAILLAKE_QUERIES names another. docs/saved-queries.md describes them.

Examples:
  traillake saved list
  traillake saved list mfa
  traillake saved show security/root-use
  traillake query --saved security/root-use --param from=2026-03-01")]
pub(super) struct Saved {
    #[command(subcommand)]
    pub(super) command: SavedCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum SavedCommand {
    /// List all, or those that contain all the words
    #[command(after_help = "\
Examples:
  traillake saved list xray/
  traillake saved list access key --json")]
    List {
        /// Words of the name, title, question or technique
        #[arg(value_name = "WORD")]
        words: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what a query asks, its parameters and its SQL
    #[command(after_help = "\
Example:
  traillake saved show overview/services")]
    Show {
        /// Its name, or a part of it that no other has
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Which events, for commands that ask questions of their own.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// Store to search, by name or id [default: default]
    #[arg(long, value_name = "STORE")]
    pub(super) store: Option<String>,
    /// First moment: 2026-03-01, 2026-03-01T14:30:00Z, or a time ago such as 24h or 7d
    #[arg(long, value_name = "MOMENT")]
    pub(super) from: Option<String>,
    /// Moment before which the events are
    #[arg(long, value_name = "MOMENT")]
    pub(super) to: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Looks through every column and every value of the parameters, for the text as it stands; capital
and small letters differ unless --ignore-case is given. It stands for itself: % and * are not special. A
text that looks like an option goes after two dashes: traillake find -- --debug

Examples:
  traillake find 198.51.100.23
  traillake find AKIAIOSFODNN7EXAMPLE --newest 50
  traillake find my-bucket --from 7d --json")]
pub(super) struct Find {
    /// The text
    #[arg(value_name = "TEXT", value_parser = super::texts::plain)]
    pub(super) text: String,
    #[command(flatten)]
    pub(super) selection: Selection,
    /// How many of the newest events to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) newest: usize,
    /// Ignore case
    #[arg(short, long)]
    pub(super) ignore_case: bool,
    /// Look through the whole records, too: fields that have no column; slower
    #[arg(long)]
    pub(super) everything: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Events one after the other that are alike share a line. Told are addresses, regions, access keys,
clients and accounts that are new, sign-ins without MFA, and hours of silence. Lines with <- were
done to the identity by another.

Examples:
  traillake timeline --principal arn:aws:iam::111122223333:user/alice
  traillake timeline --principal 'arn:aws:sts::*:assumed-role/deploy/*' --from 2026-03-01
  traillake timeline --principal alice --writes")]
pub(super) struct Timeline {
    /// ARN of a user, role or session, a name, a principal id or an access key; * stands for anything
    #[arg(long, value_name = "ARN")]
    pub(super) principal: String,
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Print a line for every event
    #[arg(long)]
    pub(super) every: bool,
    /// Leave out successful read-only calls
    #[arg(long)]
    pub(super) writes: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Attributes are AWS's, and one may be given: EventId, EventName, ReadOnly, Username, ResourceType, ResourceName,
EventSource, AccessKeyId. Values must be the same, letter by letter. All times and regions are looked through unless
others are asked for. --json prints AWS's answer.

Examples:
  traillake lookup-events
  traillake lookup-events --attribute EventName=ConsoleLogin --days 7
  traillake lookup-events --lookup-attributes AttributeKey=Username,AttributeValue=alice --region us-east-1 --json")]
pub(super) struct LookupEvents {
    /// Attribute that the events have
    #[arg(long, visible_alias = "lookup-attributes", value_name = "NAME=VALUE", value_parser = lookup_attribute)]
    pub(super) attribute: Option<(LookupKey, String)>,
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Only the last days
    #[arg(long, value_name = "N", conflicts_with = "from", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) days: Option<u32>,
    /// Only events of this region
    #[arg(long, value_name = "REGION")]
    pub(super) region: Option<String>,
    /// The most events of a page
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(super) max_results: u32,
    /// Show the page that follows the one that printed this token
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    pub(super) next_token: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Each part is the answer of a saved query: traillake saved list overview/ names them.

Examples:
  traillake summary
  traillake summary --store incident-42 --from 2026-03-01 --to 2026-03-03")]
pub(super) struct Summary {
    #[command(flatten)]
    pub(super) selection: Selection,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Checks what aws cloudtrail validate-logs checks, in its words, over files that aws s3 sync copied:
every log file against the hash in its digest file, every digest file against its signature and
the digest file after it. A signature is in the digest file that follows; the newest one's is in the
metadata of the object only, so that this one is not called valid unless --signatures has it.
docs/integrity.md tells how to get all that is needed.

The exit code is 1 if a file is invalid or no digest file is valid.

Examples:
  traillake validate-logs copy/ --public-keys keys.json
  traillake validate-logs copy/ --public-keys keys.json --signatures signatures.jsonl --verbose
  traillake validate-logs copy/ --public-keys keys.json --start-time 2026-03-01 --region us-east-1
  traillake validate-logs ab/ --public-keys keys.json --bucket old=ab/a --bucket new=ab/b")]
pub(super) struct ValidateLogs {
    /// Folder that stands for the bucket, or one above or below it, such as AWSLogs
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// File with what aws cloudtrail list-public-keys printed; may be given several times, one a region, say
    #[arg(long, required = true, value_name = "FILE")]
    pub(super) public_keys: Vec<PathBuf>,
    /// File with metadata of digest files, as JSON Lines: {"Key": ..., "Metadata": {"signature": ...}}; may be
    /// given several times
    #[arg(long, value_name = "FILE")]
    pub(super) signatures: Vec<PathBuf>,
    /// Folder that stands for a bucket; may be given several times [default: as the digest files tell]
    #[arg(long, value_name = "NAME=FOLDER", value_parser = key_value)]
    pub(super) bucket: Vec<(String, String)>,
    /// Only the digest files of this trail [default: each trail that has some]
    #[arg(long, value_name = "ARN")]
    pub(super) trail_arn: Option<String>,
    /// Log files delivered at this time or later [default: since the oldest digest file]
    #[arg(long, value_name = "TIME")]
    pub(super) start_time: Option<String>,
    /// Log files delivered at this time or earlier [default: until the newest digest file]
    #[arg(long, value_name = "TIME")]
    pub(super) end_time: Option<String>,
    /// Only log files of this account [default: each account that has some]
    #[arg(long, value_name = "ID")]
    pub(super) account_id: Option<String>,
    /// Only log files of this region [default: each region that has some]
    #[arg(long, value_name = "REGION")]
    pub(super) region: Option<String>,
    /// Print a line for valid files, too
    #[arg(long)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The format is recognised by the file's bytes. Without --column: a summary, a line for each stripe, row
group or record batch, and a line for each column; a line of a struct, list or map counts what is
below it. Minimum and maximum stand in the table where it is wide enough. With --column: the same
for every one of them, and for the row groups of ORC's stripes, by which queries leave rows out.

Examples:
  traillake inspect events.orc
  traillake inspect events.parquet --column eventtime
  traillake inspect events.arrow --json")]
pub(super) struct Inspect {
    /// The file
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Show one column, and what is below it, in every stripe, row group or record batch
    #[arg(long, value_name = "PATH", conflicts_with = "json")]
    pub(super) column: Option<String>,
    /// Print everything as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The same options give the same bytes. What was planted is listed in DIR/answer-key.json.

Example:
  traillake synth --events 100000 --seed 7 --out trail")]
pub(super) struct Synth {
    /// Events to write
    #[arg(long, value_name = "N")]
    pub(super) events: u64,
    /// Seed
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(super) seed: u64,
    /// Empty or new folder to write to
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Share of X-Ray events, 0 to 1
    #[arg(long, value_name = "SHARE")]
    pub(super) xray_share: Option<f64>,
    /// Days that the events are spread over
    #[arg(long, value_name = "DAYS")]
    pub(super) days: Option<u32>,
    /// First day, as YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub(super) start: Option<chrono::NaiveDate>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The events are written as a store of each format, into a lake of its own. Before anything is
measured, all formats answer all queries, and their answers are compared: if they differ, the
exit code is 1. Then the formats take turns, round by round. A time is that from the statement to
the last row.

Without PATH and --store, events are made as by traillake synth. The format json is what
query --input does: the files are read anew for each query. It is left out with --store, which
has no such files.

In queries of your own, {event_id}, {since}, {until}, {busy_source}, {busy_event} and {rare_event}
stand for literals found in the events: an id, a window of two days, the commonest service and
event name, the rarest event name.

Examples:
  traillake bench
  traillake bench AWSLogs/ --runs 9 --svg bench.svg --csv bench.csv
  traillake bench --store incident-42 --formats parquet,arrow
  traillake bench --events 1000000 --only count,event-by-id --concurrency 8
  traillake bench --queries my-queries/ --keep bench-lake")]
pub(super) struct Bench {
    /// Files, folders or patterns of JSON events
    #[arg(value_name = "PATH", conflicts_with = "store")]
    pub(super) paths: Vec<PathBuf>,
    /// Store whose events to take, by name or id
    #[arg(long, value_name = "STORE")]
    pub(super) store: Option<String>,
    /// Events to make, without PATH and --store
    #[arg(long, value_name = "N", default_value_t = 100_000, conflicts_with_all = ["paths", "store"])]
    pub(super) events: u64,
    /// Seed of these events
    #[arg(long, value_name = "S", default_value_t = 1, conflicts_with_all = ["paths", "store"])]
    pub(super) seed: u64,
    /// Formats to measure, separated by commas [default: all]
    #[arg(long, value_name = "FORMATS", value_delimiter = ',', value_parser = kinds())]
    pub(super) formats: Vec<TargetKind>,
    /// Queries instead of the built-in ones: a file, or a folder of .sql files; may be given several times
    #[arg(long, value_name = "PATH")]
    pub(super) queries: Vec<PathBuf>,
    /// Only the queries with these names, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(super) only: Vec<String>,
    /// Runs of each query over each store
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = at_least_one())]
    pub(super) runs: u16,
    /// Runs of each query over raw JSON
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_one())]
    pub(super) json_runs: u16,
    /// Clients that ask at the same time, in runs of their own; 0 or 1 for none [default: one for each thread]
    #[arg(long, value_name = "N")]
    pub(super) concurrency: Option<u16>,
    /// Keep decoded columns in memory from one run to the next, as the REPL does
    #[arg(long)]
    pub(super) warm: bool,
    /// New or empty folder for the lake, which is removed otherwise
    #[arg(long, value_name = "DIR")]
    pub(super) keep: Option<PathBuf>,
    /// File to write the results to as CSV
    #[arg(long, value_name = "FILE")]
    pub(super) csv: Option<PathBuf>,
    /// File to write everything to as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// File to draw the best times into
    #[arg(long, value_name = "FILE")]
    pub(super) svg: Option<PathBuf>,
    /// Replace the files of --csv, --json and --svg if they exist
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  traillake repl --store incident-42")]
pub(super) struct Repl {
    /// Store that event_data_store means, by name or id [default: default]
    #[arg(long, value_name = "STORE")]
    pub(super) store: Option<String>,
    #[command(flatten)]
    pub(super) leniency: Leniency,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  traillake completions bash > ~/.local/share/bash-completion/completions/traillake
  traillake completions zsh > ~/.zfunc/_traillake
  traillake completions fish > ~/.config/fish/completions/traillake.fish")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Pages that this command wrote earlier are replaced, files of others are not.

Examples:
  traillake man --out ~/.local/share/man/man1 && man traillake-query
  traillake man | man -l -")]
pub(super) struct Man {
    /// Folder for a page of each command; without it, the page of traillake itself is printed
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

/// Reads an attribute: `EventName=ConsoleLogin`, or as the AWS CLI has it.
fn lookup_attribute(text: &str) -> Result<(LookupKey, String), String> {
    let aws = text.strip_prefix("AttributeKey=");
    let parts = match aws {
        Some(rest) => rest.split_once(",AttributeValue="),
        None => text.split_once('='),
    };
    let (name, value) = parts.ok_or("NAME=VALUE is expected, such as EventName=ConsoleLogin")?;
    let key = LookupKey::from_name(name).ok_or_else(|| {
        let known = LOOKUP_KEYS.map(LookupKey::name).join(", ");
        format!("there is no attribute {name:?}; there are {known}")
    })?;
    Ok((key, value.to_owned()))
}

/// Reads `NAME=VALUE`.
pub(super) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("NAME=VALUE is expected".to_owned()),
    }
}

fn formats() -> impl clap::builder::TypedValueParser<Value = Format> {
    PossibleValuesParser::new(FORMATS.map(Format::name))
        .map(|name| Format::from_name(&name).unwrap_or(Format::Orc))
}

fn kinds() -> impl clap::builder::TypedValueParser<Value = TargetKind> {
    let names =
        FORMATS.map(TargetKind::Store).into_iter().chain([TargetKind::Json]).map(TargetKind::name);
    PossibleValuesParser::new(names)
        .map(|name| TargetKind::from_name(&name).unwrap_or(TargetKind::Json))
}

fn at_least_one() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(1..)
}

fn translated_dialects() -> impl clap::builder::TypedValueParser<Value = Dialect> {
    PossibleValuesParser::new(DIALECTS.map(Dialect::name))
        .map(|name| Dialect::from_name(&name).unwrap_or_default())
}

fn output_formats() -> impl clap::builder::TypedValueParser<Value = OutputFormat> {
    PossibleValuesParser::new(OUTPUT_FORMATS.map(OutputFormat::name))
        .map(|name| OutputFormat::from_name(&name).unwrap_or(OutputFormat::Table))
}

fn chart_kinds() -> impl clap::builder::TypedValueParser<Value = ChartKind> {
    PossibleValuesParser::new(CHART_KINDS.map(ChartKind::name))
        .map(|name| ChartKind::from_name(&name).unwrap_or(ChartKind::Bar))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            let told = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(told.contains("Example") && told.contains(path.trim()), "{path}");
            command.get_subcommands().for_each(|inner| check(inner, &path));
        }
        Arguments::command().get_subcommands().for_each(|command| check(command, "traillake"));
    }
}
