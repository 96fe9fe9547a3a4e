//! The service of a lake, from its start to its end.

use super::access::{Access, AccessError, KeyFile, Role};
use super::audit::{AuditError, Trails};
use super::aws::{Api, ApiOptions, Kept};
use super::buckets::{Bucket, Buckets};
use super::delivery::Deliveries;
use super::documents::{DocumentError, Documents};
use super::imports::{ImportError, ImportLimits, Imports, Roots};
use super::metrics::{self, Observed, StoreSizes};
use super::queries::{Queries, QueryError, QueryLimits};
use super::s3::{Hosts, S3, S3Options};
use super::services::Services;
use super::signing::SigningKeys;
use crate::engine::Engine;
use crate::saved::Library;
use crate::sources::watch::{EachOptions, SourceWatch, Tell};
use crate::store::{Lake, StoreError, read_or_make_secret, try_lock_private};
use axum::Router;
use axum::extract::Request;
use std::fs::{self, File};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::runtime::Handle;
use traillake_aws_wire::keys::AccessKey;
use traillake_http::{Guard, Hooks, HttpError, Limits, Metrics, Options, Port, Served, TlsFiles};

/// How often queries are looked through for those that are too old to be kept.
const SWEEP: Duration = Duration::from_secs(3_600);

/// How often dashboards are looked through for those that are to be refreshed.
const TEND: Duration = Duration::from_secs(20);

/// Why a service does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Another one serves the lake.
    #[error("another traillake serve has the lake {0}; stop it first, or serve another lake")]
    Taken(String),
    /// The port cannot be had.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Keys cannot be read or made.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A file of the lake cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the service keeps cannot be read.
    #[error(transparent)]
    Documents(#[from] DocumentError),
    /// Queries cannot be kept.
    #[error(transparent)]
    Queries(#[from] QueryError),
    /// Imports cannot be run.
    #[error(transparent)]
    Imports(#[from] ImportError),
    /// Whoever reads a bucket would read the keys of the service.
    #[error(
        "--bucket {0}: its folder has the lake in it, or is in the lake, whose files are no objects; map another folder"
    )]
    Bucket(String),
    /// What trails keep cannot be read.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The sources of stores cannot be watched.
    #[error("the sources of stores cannot be watched: {0}")]
    Sources(std::io::Error),
}

/// How a lake is served.
#[derive(Debug)]
pub struct ServeOptions {
    /// Address and port.
    pub listen: SocketAddr,
    /// Certificate and key, for TLS.
    pub tls: Option<TlsFiles>,
    /// Names of this host that requests may be for, beside those of loopback.
    pub hosts: Vec<String>,
    /// Access keys of an admin, beside those of the lake.
    pub keys: Vec<AccessKey>,
    /// Where it delivers to, and what may be read.
    pub buckets: Buckets,
    /// How the API answers.
    pub api: ApiOptions,
    /// How queries run.
    pub limits: QueryLimits,
    /// Saved queries, which are samples for clients.
    pub library: Library,
    /// How imports run.
    pub imports: ImportLimits,
    /// What they may read, beside buckets.
    pub roots: Roots,
    /// How long trails gather what they record before they deliver it.
    pub trail_delivery: Duration,
    /// How the sources of stores are watched.
    pub sources: EachOptions,
    /// Hears what happens there.
    pub tell: Tell,
}

/// A service that is ready to answer.
#[derive(Debug)]
pub struct Server {
    port: Port,
    lake: Arc<Lake>,
    api: Arc<Api>,
    services: Arc<Services>,
    queries: Arc<Queries>,
    sources: SourceWatch,
    metrics: Metrics,
    sizes: Arc<StoreSizes>,
    first_key: Option<AccessKey>,
    trail_delivery: Duration,
    /// Keeps others from serving the lake.
    _lock: File,
}

impl Server {
    /// Opens the port, and what is kept of the service in `lake`. `engine` is a session over the lake, and `runtime`
    /// where queries run. Without any key, and where requests need one, a key is made.
    ///
    /// # Errors
    /// When the lake is served already, the port cannot be had, or a file cannot be read or written.
    pub async fn open(
        lake: Arc<Lake>,
        engine: Engine,
        runtime: Handle,
        options: ServeOptions,
    ) -> Result<Self, ServeError> {
        let folder = lake.paths().server();
        fs::create_dir_all(&folder).map_err(crate::store::error::at(&folder))?;
        let lock = try_lock_private(&folder.join("serve"))?;
        let taken = || ServeError::Taken(lake.paths().root().display().to_string());
        let lock = lock.ok_or_else(taken)?;
        refuse_buckets_around(&lake, &options.buckets)?;
        let hosts = Hosts::new(&options.hosts);
        let port = Port::bind(Options {
            tls: options.tls,
            credentials_required: !options.api.no_auth,
            guard: guard(options.hosts, hosts.clone(), options.buckets.clone()),
            limits: Limits::default(),
            ..Options::at(options.listen)
        });
        let port = port.await?;
        let keys = KeyFile::of(&folder);
        let needs_key = !options.api.no_auth && options.keys.is_empty() && keys.list()?.is_empty();
        let first_key = needs_key.then(|| keys.create(Role::Admin, lake.now())).transpose()?;
        let access = Arc::new(Access::new(keys, options.keys));
        let objects = S3Options {
            access: Arc::clone(&access),
            buckets: options.buckets.clone(),
            hosts,
            account: options.api.account.clone(),
            region: options.api.region.clone(),
            no_auth: options.api.no_auth,
        };
        let documents = Arc::new(Documents::open(&folder.join("documents.sqlite"))?);
        let imports = Imports::open(Arc::clone(&lake), Arc::clone(&documents), options.imports)?;
        let ApiOptions { account, region, .. } = options.api.clone();
        let trails = Trails::open(folder.join("trails.sqlite"), &account, &region)?;
        let kept = Kept {
            access,
            documents,
            library: options.library,
            buckets: options.buckets,
            signing: Arc::new(SigningKeys::of(&folder)),
            imports,
            roots: options.roots,
            trails,
        };
        let secret = read_or_make_secret(&folder.join("page-tokens.key"))?;
        let (buckets, signing) = (kept.buckets.clone(), Arc::clone(&kept.signing));
        let deliveries = Deliveries::new(buckets, signing, account, region);
        let queries =
            Queries::open(Arc::clone(&lake), engine, options.limits, deliveries, runtime)?;
        let api = Api::new(Arc::clone(&lake), Arc::clone(&queries), kept, &secret, options.api);
        let (api, trail_delivery) = (Arc::new(api), options.trail_delivery);
        let services =
            Arc::new(Services::new(Arc::clone(&api), S3::new(Arc::clone(&lake), objects)));
        let sources = SourceWatch::start(Arc::clone(&lake), options.sources, options.tell);
        let sources = sources.map_err(ServeError::Sources)?;
        let sizes = Arc::new(StoreSizes::of(&lake)?);
        let metrics = Metrics::default();
        let observed = Observed {
            lake: Arc::clone(&lake),
            queries: Arc::clone(&queries),
            sources: sources.states(),
            sizes: Arc::clone(&sizes),
        };
        metrics::register(&metrics, &observed)?;
        Ok(Self {
            port,
            lake,
            api,
            services,
            queries,
            sources,
            metrics,
            sizes,
            first_key,
            trail_delivery,
            _lock: lock,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// What whoever started it should read, if anything.
    pub fn warning(&self) -> Option<String> {
        self.port.warning()
    }

    /// The key that was made because there was none. Its secret is told here alone.
    pub fn first_key(&self) -> Option<&AccessKey> {
        self.first_key.as_ref()
    }

    /// Answers until `shutdown` is ready; then takes no more, and lets what runs end for some seconds. `log` takes a line
    /// of JSON for each request.
    pub async fn run(
        self,
        log: Option<Box<dyn Write + Send>>,
        shutdown: impl Future<Output = ()>,
    ) -> Served {
        let Self { port, lake, api, services, queries, sources, metrics, sizes, .. } = self;
        let (trail_delivery, _lock) = (self.trail_delivery, self._lock);
        let clock = Arc::clone(&lake);
        let mut hooks = Hooks::new(move || SystemTime::from(clock.now()));
        hooks.log = log;
        hooks.metrics = metrics;
        let sizes = tokio::spawn(metrics::keep_sizes(sizes));
        hooks.health = Arc::new(move || {
            lake.catalog().stores().map(|_| ()).map_err(|error| error.to_string())
        });
        let tended = Arc::clone(&api);
        let tend = tokio::spawn(async move {
            loop {
                tended.tend_dashboards().await;
                tokio::time::sleep(TEND).await;
            }
        });
        let delivering = tokio::spawn(deliver(Arc::clone(&api), trail_delivery));
        let router = Router::new().fallback(move |request: Request| {
            let services = Arc::clone(&services);
            async move { services.respond(request).await }
        });
        let swept = Arc::clone(&queries);
        let sweep = tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                // What fails now is tried again in an hour.
                let _ = swept.forget_old();
            }
        });
        let grace = Limits::default().grace;
        let mut sources = sources;
        let stop = async {
            shutdown.await;
            sources.ask_to_stop();
        };
        let served = port.serve(router, hooks, stop).await;
        sweep.abort();
        tend.abort();
        delivering.abort();
        sizes.abort();
        let watched = tokio::task::spawn_blocking(move || sources.stop(grace));
        tokio::join!(queries.stop(grace), api.imports().end(grace));
        // What does not end in time leaves its store whole, as a kill does.
        let _ = watched.await;
        // What fails now is delivered after the next start.
        let last = tokio::task::spawn_blocking(move || api.deliver());
        let _ = tokio::time::timeout(grace, last).await;
        served
    }
}

/// Delivers what trails record, again and again. What fails is told by the status of the trail.
async fn deliver(api: Arc<Api>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let api = Arc::clone(&api);
        let _ = tokio::task::spawn_blocking(move || api.deliver()).await;
    }
}

/// Refuses buckets by which the lake could be read, or be written into.
fn refuse_buckets_around(lake: &Lake, buckets: &Buckets) -> Result<(), ServeError> {
    let root = lake.paths().root();
    let root = root.canonicalize().map_err(crate::store::error::at(root))?;
    let is_around =
        |bucket: &&Bucket| root.starts_with(bucket.folder()) || bucket.folder().starts_with(&root);
    match buckets.iter().find(is_around) {
        Some(bucket) => Err(ServeError::Bucket(bucket.name().to_owned())),
        None => Ok(()),
    }
}

/// Lets in whoever asks by the name of a bucket, beside the names of this host.
fn guard(names: Vec<String>, hosts: Hosts, buckets: Buckets) -> Guard {
    let is_bucket = move |name: &str| hosts.bucket(name).is_some_and(|b| buckets.get(b).is_ok());
    Guard { names, more_names: Arc::new(is_bucket), ..Guard::default() }
}
