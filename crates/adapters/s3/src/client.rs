//! The SDK's client: how it signs, waits and tries again.

use crate::Config;
use aws_sdk_s3::{
    Client,
    config::{
        Builder, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
        SharedHttpClient, StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
    },
};
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use std::time::Duration;

/// The one implementation of TLS that is built in.
const TLS: Provider = Provider::Rustls(CryptoMode::AwsLc);

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);

/// How long one attempt may take, up to the head of its answer.
const ATTEMPT: Duration = Duration::from_secs(4);

/// How long all attempts together may take: two, and the pause between them.
const ALL_ATTEMPTS: Duration = Duration::from_secs(9);

/// The longest pause between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// How long a body that is read may stand still. The time in which nobody reads does not count.
const STALLED: Duration = Duration::from_secs(8);

/// How long a request that carries or joins a part's worth of bytes may take.
const HEAVY: Duration = Duration::from_secs(10);

/// A client of the configured store.
pub(crate) fn new(config: &Config) -> Client {
    // Uploads have time limits of their own: this takes a server that is busy for one that stands still.
    let stalled = StalledStreamProtectionConfig::enabled().upload_enabled(false).grace_period(STALLED);
    let builder = aws_sdk_s3::Config::builder()
        .endpoint_url(config.endpoint.as_str().trim_end_matches('/'))
        .region(Region::new(config.region.clone()))
        .credentials_provider(credentials(config))
        .force_path_style(true)
        // Not every store of this kind knows the checksums that the SDK would add by itself.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .stalled_stream_protection(stalled.build())
        .retry_config(RetryConfig::standard().with_max_attempts(2).with_max_backoff(PAUSE))
        .timeout_config(timeouts(ATTEMPT, ALL_ATTEMPTS));
    let builder = match config.endpoint.scheme() {
        "http" => builder.http_client(without_certificates()),
        _ => builder,
    };
    Client::from_conf(builder.build())
}

/// The configured credentials, as the SDK takes them.
pub(crate) fn credentials(config: &Config) -> Credentials {
    Credentials::new(&config.access_key, &config.secret_key, None, None, "settings")
}

/// What one request may override: `weight` is how many parts' worth of bytes it sends or joins. A slow line
/// is no reason to give up, as long as 8 MiB pass in 10 s.
pub(crate) fn patient(weight: usize) -> Builder {
    let patience = HEAVY.saturating_mul(u32::try_from(weight.max(1)).unwrap_or(u32::MAX));
    aws_sdk_s3::Config::builder().timeout_config(timeouts(patience, patience))
}

fn timeouts(attempt: Duration, all: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(all)
        .build()
}

/// A connector that trusts nobody, which plain HTTP does not mind: the default one looks for the system's
/// certificates and panics in an image that has none.
fn without_certificates() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(TLS).tls_context(no_trust()).build_https()
}

/// What sends single requests to the configured store.
pub(crate) fn connector(config: &Config) -> Connector {
    let builder = Connector::builder().tls_provider(TLS);
    let builder = match config.endpoint.scheme() {
        "http" => builder.tls_context(no_trust()),
        _ => builder,
    };
    builder.build()
}

fn no_trust() -> TlsContext {
    let context = TlsContext::builder().with_trust_store(TrustStore::empty()).build();
    context.expect("an empty trust store has no certificate that could be wrong")
}
