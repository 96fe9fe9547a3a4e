//! Who asks, and where: credentials, region and endpoint, as the AWS CLI finds them.

use super::error::{BucketError, Cause};
use async_trait::async_trait;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::credentials::EnvironmentVariableCredentialsProvider;
use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::service_config::ServiceConfigKey;
use chrono::{DateTime, Utc};
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsCredential, resolve_bucket_region};
use object_store::{BackoffConfig, ClientOptions, CredentialProvider, RetryConfig};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// Where no region is known. Servers that are not AWS's take any.
const DEFAULT_REGION: Region = Region::from_static("us-east-1");
/// How long before their end credentials are asked for anew.
const RENEWAL: Duration = Duration::from_mins(5);
/// How long one request may take, with its answer.
const TIMEOUT: Duration = Duration::from_mins(2);
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a request is tried again that the server or the network failed.
const MAX_RETRIES: usize = 6;

/// How buckets are reached. What is not said here is taken from the environment and from the files of the AWS CLI.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Access {
    /// The profile of the files of the AWS CLI whose credentials, region and endpoint are used.
    pub profile: Option<String>,
    /// The address of a server other than AWS's.
    pub endpoint_url: Option<String>,
    /// Whether requests go without credentials, as public buckets allow.
    pub no_sign_request: bool,
    /// Whether the credentials of the EC2 instance are asked for, if there are no others.
    pub instance_credentials: bool,
}

/// The buckets that were reached.
#[derive(Debug)]
pub(super) struct Connections {
    access: Access,
    now: fn() -> DateTime<Utc>,
    known: Mutex<HashMap<String, Arc<AmazonS3>>>,
}

impl Connections {
    pub(super) fn new(access: Access, now: fn() -> DateTime<Utc>) -> Self {
        Self { access, now, known: Mutex::default() }
    }

    /// Returns the client of a bucket. It has not been asked anything that needs credentials yet.
    ///
    /// # Errors
    /// When it cannot be made of the settings.
    pub(super) async fn get(&self, bucket: &str) -> Result<Arc<AmazonS3>, BucketError> {
        let mut known = self.known.lock().await;
        if let Some(store) = known.get(bucket) {
            return Ok(Arc::clone(store));
        }
        let store = Arc::new(self.access.connect(bucket, self.now).await?);
        known.insert(bucket.to_owned(), Arc::clone(&store));
        Ok(store)
    }
}

impl Access {
    async fn connect(
        &self,
        bucket: &str,
        now: fn() -> DateTime<Utc>,
    ) -> Result<AmazonS3, BucketError> {
        let region = self.region().await;
        let config = self.load(region.clone().unwrap_or(DEFAULT_REGION)).await;
        let endpoint = self.endpoint_url.clone().or_else(|| endpoint_of(&config));
        let options = ClientOptions::new()
            .with_timeout(TIMEOUT)
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_allow_http(endpoint.as_ref().is_some_and(|url| url.starts_with("http://")));
        // AWS tells everyone where a bucket is, and the region of a profile is seldom that of a trail's bucket.
        let region = match &endpoint {
            Some(_) => region,
            None => resolve_bucket_region(bucket, &options).await.ok().map(Region::new).or(region),
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(region.unwrap_or(DEFAULT_REGION).as_ref())
            .with_client_options(options)
            .with_retry(RetryConfig {
                max_retries: MAX_RETRIES,
                backoff: BackoffConfig::default(),
                ..RetryConfig::default()
            });
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        builder = match (self.no_sign_request, config.credentials_provider()) {
            (false, Some(provider)) => {
                let signer = Signer::new(self.profile.clone(), provider, now);
                builder.with_credentials(Arc::new(signer))
            }
            _ => builder.with_skip_signature(true),
        };
        builder.build().map_err(|error| BucketError::Settings(error.to_string()))
    }

    /// Returns the region of the profile that was named, else that of the environment or of the default profile.
    async fn region(&self) -> Option<Region> {
        let of_profile = ProfileFileRegionProvider::builder();
        let chain = match &self.profile {
            Some(name) => RegionProviderChain::first_try(of_profile.profile_name(name).build()),
            None => RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
                .or_else(of_profile.build()),
        };
        chain.region().await
    }

    /// Reads the environment and the files of the AWS CLI. With a region and a chain of credentials that are said, nothing
    /// is left for which the instance would be asked: elsewhere than on EC2 its address is nobody's or somebody else's.
    async fn load(&self, region: Region) -> SdkConfig {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let provider_config = ProviderConfig::without_region()
            .with_http_client(http.clone())
            .with_region(Some(region.clone()));
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .region(region)
            .credentials_provider(self.credentials(&provider_config));
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        loader.load().await
    }

    fn credentials(&self, config: &ProviderConfig) -> CredentialsProviderChain {
        let profile = ProfileFileCredentialsProvider::builder().configure(config);
        if let Some(name) = &self.profile {
            return CredentialsProviderChain::first_try(
                "profile",
                profile.profile_name(name).build(),
            );
        }
        let environment = EnvironmentVariableCredentialsProvider::new();
        let identity = WebIdentityTokenCredentialsProvider::builder().configure(config).build();
        let container = EcsCredentialsProvider::builder().configure(config).build();
        let chain = CredentialsProviderChain::first_try("environment", environment)
            .or_else("profile", profile.build())
            .or_else("web identity", identity)
            .or_else("container", container);
        match self.instance_credentials {
            false => chain,
            true => {
                let instance = ImdsCredentialsProvider::builder().configure(config).build();
                chain.or_else("instance", instance)
            }
        }
    }
}

/// Returns the server of S3 or of all services that the environment or the profile names.
fn endpoint_of(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("s3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url");
    let of_s3 = config.service_config().zip(key.build().ok());
    of_s3
        .and_then(|(service, key)| service.load_config(key))
        .or_else(|| config.endpoint_url().map(str::to_owned))
}

/// Hands credentials to the client of a bucket, and keeps them while they are good.
#[derive(Debug)]
struct Signer {
    profile: Option<String>,
    provider: SharedCredentialsProvider,
    now: fn() -> DateTime<Utc>,
    kept: Mutex<Option<Kept>>,
}

impl Signer {
    fn new(
        profile: Option<String>,
        provider: SharedCredentialsProvider,
        now: fn() -> DateTime<Utc>,
    ) -> Self {
        Self { profile, provider, now, kept: Mutex::default() }
    }
}

/// Credentials, and when they end.
#[derive(Debug)]
struct Kept {
    credential: Arc<AwsCredential>,
    end: Option<DateTime<Utc>>,
}

#[async_trait]
impl CredentialProvider for Signer {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut kept = self.kept.lock().await;
        if let Some(Kept { credential, end }) = &*kept
            && end.is_none_or(|end| (self.now)() + RENEWAL < end)
        {
            return Ok(Arc::clone(credential));
        }
        let given = self.provider.provide_credentials().await.map_err(|error| {
            let source = Box::new(Cause::credentials(&error, self.profile.as_deref()));
            object_store::Error::Generic { store: "S3", source }
        })?;
        let credential = Arc::new(AwsCredential {
            key_id: given.access_key_id().to_owned(),
            secret_key: given.secret_access_key().to_owned(),
            token: given.session_token().map(str::to_owned),
        });
        let end = given.expiry().map(DateTime::from);
        *kept = Some(Kept { credential: Arc::clone(&credential), end });
        Ok(credential)
    }
}
