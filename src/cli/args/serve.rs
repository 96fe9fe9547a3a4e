//! The arguments of the service and of its access keys.

use crate::server::access::{ROLES, Role};
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "\
AWS's SDKs and command line need nothing but the endpoint and a key: what to export is printed at the start.
Without any access key one is made, and its secret shown once; traillake access-keys makes more.
Requests from pages in a browser, and for other names than those of this host, are refused.
The sources of stores (traillake source) are watched meanwhile; what comes is in the stores in seconds.
Ctrl-C lets what runs end for ten seconds.

Examples:
  traillake serve
  traillake serve --listen 127.0.0.1:9000 --access-log -
  traillake serve --bucket logs=/srv/logs
  traillake serve --listen 0.0.0.0:8443 --host lake.example.org --tls-cert cert.pem --tls-key key.pem")]
pub(crate) struct Serve {
    /// Address and port to listen at; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Name of this host by which requests may come, beside localhost; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Vec<String>,
    /// Certificate for TLS, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Private key of the certificate, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Access key of an admin, for scripts; may be given several times
    #[arg(long, value_name = "ID:SECRET", env = super::super::env::KEY, hide_env_values = true)]
    pub(crate) key: Vec<String>,
    /// Answer requests without signature; at a loopback address only
    #[arg(long, conflicts_with = "key")]
    pub(crate) no_auth: bool,
    /// Folder that is a bucket for deliveries and imports, and that S3 clients read; ,ro at the end for one that is never
    /// written; may be given several times
    #[arg(long, value_name = "NAME=FOLDER[,ro]")]
    pub(crate) bucket: Vec<String>,
    /// Folder that file:///absolute/folder/ of imports may be in; may be given several times. Without one an admin's key may
    /// import any folder if the address is a loopback address
    #[arg(long, value_name = "FOLDER")]
    pub(crate) import_root: Vec<PathBuf>,
    /// Seconds for which trails gather what they record before they deliver it
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) trail_delivery: u64,
    /// Account that the lake's resources are of, 12 digits
    #[arg(long, value_name = "ID", default_value = "000000000000")]
    pub(crate) account: String,
    /// Region that the lake's resources are of; clients may be set to any
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub(crate) region: String,
    /// Where a line of JSON goes for each request, - for standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) access_log: Option<PathBuf>,
    /// Queries that run at once; others wait
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) concurrent_queries: usize,
    /// Seconds after which a query is TIMED_OUT [default: none]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) query_timeout: Option<u64>,
    /// Seconds between two listings of a bucket that feeds a store, or looks through a whole folder
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) watch_interval: u64,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A service that runs knows at once which keys there are.

Examples:
  traillake access-keys create --role reader
  traillake access-keys list
  traillake access-keys delete AKIAIOSFODNN7EXAMPLE")]
pub(crate) struct AccessKeys {
    #[command(subcommand)]
    pub(crate) command: AccessKeyCommand,
}

/// What is done with access keys.
#[derive(Debug, Subcommand)]
pub(crate) enum AccessKeyCommand {
    /// Make an access key, and show its secret, which is not shown again
    #[command(after_help = "Example:\n  traillake access-keys create --role reader")]
    Create {
        /// What it may do: everything, or queries, look-ups and lists
        #[arg(long, default_value = "admin", value_parser = roles())]
        role: Role,
    },
    /// Show the access keys, without their secrets
    #[command(after_help = "Example:\n  traillake access-keys list --json")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete an access key; a service that runs refuses it from now on
    #[command(after_help = "Example:\n  traillake access-keys delete AKIAIOSFODNN7EXAMPLE")]
    Delete {
        /// Id of the key
        #[arg(value_name = "ID")]
        id: String,
    },
}

fn roles() -> impl clap::builder::TypedValueParser<Value = Role> {
    PossibleValuesParser::new(ROLES.map(Role::name))
        .map(|name| Role::from_name(&name).unwrap_or(Role::Reader))
}
