//! The arguments that say which logs are read, and how buckets are reached.

use super::super::clock::now;
use super::super::exit::Failure;
use crate::envelope::Deliveries;
use crate::saved::parameters::read_time;
use crate::sources::Access;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Which of a trail's log files are read.
#[derive(Debug, Default, Args)]
pub(crate) struct DeliveryFilters {
    /// Of a trail's log files below folders and in buckets only those that can have events from this moment on, by their
    /// names: 2026-03-01, 2026-03-01T14:30:00Z, or a time ago such as 24h or 7d
    #[arg(long, value_name = "MOMENT")]
    from: Option<String>,
    /// Only those delivered before this moment or less than a day later
    #[arg(long, value_name = "MOMENT")]
    to: Option<String>,
    /// Only those of this account; may be given several times
    #[arg(long, value_name = "ID")]
    account: Vec<String>,
    /// Only those of this region; may be given several times
    #[arg(long, value_name = "REGION")]
    region: Vec<String>,
}

impl DeliveryFilters {
    /// Reads the moments.
    pub(crate) fn deliveries(&self) -> Result<Deliveries, Failure> {
        let moment = |name: &str, text: &Option<String>| {
            let read = |text: &String| {
                read_time(text, now()).ok_or_else(|| {
                    Failure::Usage(format!(
                        "--{name} {text:?} is no moment; 2026-03-01, 2026-03-01T14:30:00Z and 24h are some"
                    ))
                })
            };
            text.as_ref().map(read).transpose()
        };
        let (from, to) = (moment("from", &self.from)?, moment("to", &self.to)?);
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(Failure::Usage("--from must be before --to".to_owned()));
        }
        Ok(Deliveries { from, to, accounts: self.account.clone(), regions: self.region.clone() })
    }
}

/// How buckets are reached, in the words of the AWS CLI.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Buckets (s3://)")]
pub(crate) struct BucketAccess {
    /// Profile of the AWS CLI whose credentials, region and endpoint reach buckets
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// A server that speaks S3, instead of AWS
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Ask without credentials, as public buckets allow
    #[arg(long)]
    no_sign_request: bool,
    /// Use the credentials of this EC2 instance if there are no others
    #[arg(long)]
    instance_credentials: bool,
}

impl BucketAccess {
    pub(crate) fn access(&self) -> Access {
        Access {
            profile: self.profile.clone(),
            endpoint_url: self.endpoint_url.clone(),
            no_sign_request: self.no_sign_request,
            instance_credentials: self.instance_credentials,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  traillake source add /var/log/cloudtrail
  traillake source add s3://my-trail-bucket/AWSLogs/ --region eu-west-1 --from 7d
  traillake watch")]
pub(crate) struct Sources {
    #[command(subcommand)]
    pub(crate) command: SourceCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SourceCommand {
    /// Name a folder, file or bucket that a store is fed from while traillake watch or serve runs
    #[command(after_help = "\
Added once more, a source has the filters given now. A time ago counts from now, not from each
look.

Examples:
  traillake source add /var/log/cloudtrail --store incident --exclude CloudTrail-Digest
  traillake source add s3://my-trail-bucket/AWSLogs/ --account 111122223333 --from 2026-03-01")]
    Add(Box<SourceAdd>),
    /// List the sources of stores
    #[command(after_help = "\
Example:
  traillake source list --json")]
    List {
        /// Only those of this store, by name or id
        #[arg(long, value_name = "STORE")]
        store: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Forget a source; what came from it stays in the store
    #[command(after_help = "\
Example:
  traillake source remove /var/log/cloudtrail --store incident")]
    Remove {
        /// The folder, file or s3://BUCKET/PREFIX
        #[arg(value_name = "PATH")]
        path: PathBuf,
        /// The store, by name or id [default: default]
        #[arg(long, value_name = "STORE")]
        store: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SourceAdd {
    /// Folder, file or s3://BUCKET/PREFIX
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,
    /// Store that is fed, by name or id [default: default, created if it does not exist]
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// Files to leave out, as with traillake import; may be given several times
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) deliveries: DeliveryFilters,
    #[command(flatten)]
    pub(crate) access: BucketAccess,
}

#[derive(Debug, Args)]
#[command(after_help = "\
It imports what is there and was not imported yet, then what comes, until Ctrl-C or SIGTERM, and
prints a line for each import. It may be killed at any time: started again, it reads what is left.
Stores whose ingestion is stopped (traillake store stop-ingestion) wait.

Examples:
  traillake watch
  traillake watch --store incident --once")]
pub(crate) struct Watch {
    /// Watch only the sources of this store, by name or id
    #[arg(long, value_name = "STORE")]
    pub(crate) store: Option<String>,
    /// End when everything that is there was imported
    #[arg(long)]
    pub(crate) once: bool,
    /// Seconds between two listings of a bucket, or looks through a whole folder
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) interval: u64,
    /// Print the report of each import as JSON, a line each
    #[arg(long)]
    pub(crate) json: bool,
}
