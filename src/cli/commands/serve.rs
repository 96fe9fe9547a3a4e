//! `traillake serve`.

use super::super::args;
use super::super::exit::Failure;
use super::super::interrupt;
use super::super::printer::Printer;
use super::super::run_query;
use super::super::settings::Settings;
use super::plural;
use crate::server::aws::ApiOptions;
use crate::server::buckets::Buckets;
use crate::server::imports::{ImportLimits, Roots};
use crate::server::queries::QueryLimits;
use crate::server::{AccessKey, ServeOptions, Server, TlsFiles};
use crate::sources::watch::{EachOptions, Tell};
use crate::store::StoreError;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Threads that read and write requests, some of which wait for the disk; queries have others.
const PORT_THREADS: usize = 8;
/// Threads of queries, at most.
const MAX_QUERY_THREADS: usize = 256;
/// The part of the memory that imports of clients have, and those from watched sources; queries and kept columns have the
/// rest.
const IMPORT_SHARE: usize = 8;
/// The most that imports of clients have of it: with more, it takes longer until one that is stopped has.
const MAX_IMPORT_MEMORY: usize = 256 << 20;
/// How often imports write and note what they have read.
const IMPORT_ROUND: Duration = Duration::from_secs(2);

pub(crate) fn run(
    settings: &Settings,
    args: &args::Serve,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let (happens, happened) = mpsc::channel();
    let sender = happens.clone();
    // Who hears has ended when nothing can be sent any more.
    let options = options(settings, args, Tell::new(move |what| drop(sender.send(Some(what)))))?;
    let log = args.access_log.as_deref().map(open_log).transpose()?;
    let lake = Arc::new(settings.open_lake()?);
    super::store::remove_deleted(&lake, printer);
    let default = lake.catalog().store(crate::store::lake::DEFAULT_STORE)?;
    let memory = settings.memory - options.imports.memory - options.sources.memory;
    let engine = Settings { memory, ..settings.clone() }.session(&lake, default, true)?;
    // Queries must not keep requests waiting, so they have threads of their own; and as many that one that takes long does
    // not keep a short one waiting, as the system shares the cores among threads in shorter turns than queries do.
    let threads = settings.threads.saturating_mul(args.concurrent_queries.saturating_add(1));
    let threads = threads.min(MAX_QUERY_THREADS).max(settings.threads);
    let queries = run_query::runtime(&Settings { threads, ..settings.clone() })?;
    let port = port_runtime()?;
    interrupt::listen();
    let handle = queries.handle().clone();
    let opened = port.block_on(Server::open(Arc::clone(&lake), engine, handle, options));
    let server = opened?;
    tell(&server, &lake.paths().root().display().to_string(), args, printer)?;
    let served = std::thread::scope(|scope| {
        let serves = scope.spawn(move || {
            let served = port.block_on(server.run(log, interrupt::wait()));
            let _ = happens.send(None);
            // What waits for a folder that does not answer is ended as by a kill.
            port.shutdown_timeout(Duration::from_secs(1));
            served
        });
        // Here, as whoever reads standard error may be slow, and must not keep requests waiting.
        while let Ok(Some(happening)) = happened.recv() {
            super::watch::tell(&happening, args.watch_interval, printer);
        }
        serves.join()
    });
    let Ok(served) = served else {
        return Err(Failure::Store(StoreError::Bug("the service failed".to_owned())));
    };
    queries.shutdown_timeout(Duration::from_secs(1));
    if !served.cut.is_empty() {
        let cut = plural(served.cut.len() as u64, "request");
        printer.warn(&format!("{cut} did not end in time, and got no answer"));
    }
    if served.dropped_lines > 0 {
        let lines = plural(served.dropped_lines, "line");
        printer.warn(&format!("the access log lacks {lines}, as it could not be written in time"));
    }
    Ok(())
}

fn options(settings: &Settings, args: &args::Serve, tell: Tell) -> Result<ServeOptions, Failure> {
    let account = &args.account;
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::Usage(format!("--account {account}: an account has 12 digits")));
    }
    if args.no_auth && !args.listen.ip().is_loopback() {
        return Err(Failure::Usage(format!(
            "--no-auth would let everybody in who reaches {}; it is for loopback addresses such as 127.0.0.1",
            args.listen.ip()
        )));
    }
    let key = |text: &String| match text.split_once(':') {
        Some((id, secret)) if !id.is_empty() && secret.len() >= MIN_SECRET => {
            Ok(AccessKey::new(id, secret))
        }
        // What was typed may be a secret.
        _ => Err(Failure::Usage(format!(
            "--key: an id, a colon and a secret of at least {MIN_SECRET} characters are expected"
        ))),
    };
    let keys = args.key.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    let buckets = Buckets::parse(args.bucket.iter().map(String::as_str));
    let buckets = buckets.map_err(|error| Failure::Usage(format!("--bucket {error}")))?;
    // Who needs no key may read what the service was told to read, and nothing else.
    let anywhere = args.listen.ip().is_loopback() && !args.no_auth;
    let roots = Roots::new(&args.import_root, anywhere);
    let roots = roots.map_err(|error| Failure::Usage(format!("--import-root {error}")))?;
    let tls = args.tls_cert.clone().zip(args.tls_key.clone());
    Ok(ServeOptions {
        listen: args.listen,
        tls: tls.map(|(certificate, key)| TlsFiles { certificate, key }),
        hosts: args.host.clone(),
        keys,
        buckets,
        api: ApiOptions {
            account: account.clone(),
            region: args.region.clone(),
            no_auth: args.no_auth,
        },
        limits: QueryLimits {
            running: args.concurrent_queries.max(1),
            timeout: args.query_timeout.map(Duration::from_secs),
            ..QueryLimits::default()
        },
        library: settings.library()?,
        imports: ImportLimits {
            // Queries need the other half.
            threads: (settings.threads / 2).max(1),
            memory: (settings.memory / IMPORT_SHARE).min(MAX_IMPORT_MEMORY),
            round: IMPORT_ROUND,
        },
        roots,
        trail_delivery: Duration::from_secs(args.trail_delivery),
        sources: EachOptions {
            interval: Duration::from_secs(args.watch_interval),
            threads: settings.threads,
            memory: settings.memory / IMPORT_SHARE,
        },
        tell,
    })
}

/// Characters of a secret that somebody chose, at least.
const MIN_SECRET: usize = 8;

fn open_log(path: &Path) -> Result<Box<dyn Write + Send>, Failure> {
    if path.as_os_str() == "-" {
        let standard = standard_output();
        return Ok(Box::new(
            standard.map_err(|error| Failure::Io(format!("--access-log: {error}")))?,
        ));
    }
    match OpenOptions::new().create(true).append(true).open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(Failure::Io(format!("{}: {error}", path.display()))),
    }
}

/// Standard output without its lock, which the printer has as long as the program runs.
fn standard_output() -> std::io::Result<File> {
    #[cfg(unix)]
    let output = std::os::fd::AsFd::as_fd(&std::io::stdout()).try_clone_to_owned()?;
    #[cfg(windows)]
    let output =
        std::os::windows::io::AsHandle::as_handle(&std::io::stdout()).try_clone_to_owned()?;
    Ok(File::from(output))
}

fn port_runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(PORT_THREADS)
        .enable_all()
        .build()
        .map_err(|error| Failure::Io(format!("cannot start threads: {error}")))
}

/// Prints what clients need, as lines for a shell.
fn tell(
    server: &Server,
    lake: &str,
    args: &args::Serve,
    printer: &mut Printer,
) -> Result<(), Failure> {
    if let Some(warning) = server.warning() {
        printer.warn(&warning);
    }
    let scheme = if args.tls_cert.is_some() { "https" } else { "http" };
    let host = args.host.first().cloned();
    let address = server.address();
    let host =
        host.map_or_else(|| address.to_string(), |host| format!("{host}:{}", address.port()));
    let endpoint = format!("{scheme}://{host}");
    printer.line(&format!("# The lake {lake} answers at {endpoint}; in another terminal:"))?;
    let s3 = (!args.bucket.is_empty()).then_some("S3");
    for service in ["CLOUDTRAIL", "CLOUDTRAIL_DATA", "STS"].into_iter().chain(s3) {
        printer.line(&format!("export AWS_ENDPOINT_URL_{service}={endpoint}"))?;
    }
    // Older clients read the second.
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        printer.line(&format!("export {name}={}", args.region))?;
    }
    match server.first_key() {
        Some(key) => {
            printer.line(&format!("export AWS_ACCESS_KEY_ID={}", key.id))?;
            printer.line(&format!("export AWS_SECRET_ACCESS_KEY={}", key.secret.reveal()))?;
            printer.note("this access key was made now; its secret is not shown again");
        }
        None if args.no_auth => {
            printer.line("export AWS_ACCESS_KEY_ID=anonymous AWS_SECRET_ACCESS_KEY=anonymous")?;
        }
        None => printer.line("# and an access key; traillake access-keys create makes one")?,
    }
    printer.line("aws cloudtrail list-event-data-stores")?;
    printer.flush()
}
