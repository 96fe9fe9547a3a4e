//! The arguments that say which logs are read, and how buckets are reached.

use super::super::clock::now;
use super::super::env;
use super::super::exit::Failure;
use crate::envelope::Deliveries;
use crate::saved::parameters::read_time;
use crate::sources::Access;
use clap::Args;

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
    #[arg(long, value_name = "URL", env = env::S3_ENDPOINT, hide_env_values = true)]
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
