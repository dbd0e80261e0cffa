//! One plain request for what is known of an object: sent by the SDK's client of HTTP and signed by its signer, without what else
//! it does around a request, which takes twice the time of the request itself. Live segments are looked at by the thousand.

use crate::{
    Config, client,
    presign::signing,
    read::{bare_etag, timestamp, whole_hash},
};
use aws_sdk_s3::{
    config::{
        Credentials,
        http::{HttpRequest, HttpResponse},
    },
    primitives::{DateTime, DateTimeFormat, SdkBody},
};
use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use domain::Timestamp;
use ports::ObjectMeta;
use std::{
    error::Error,
    time::{Duration, UNIX_EPOCH},
};
use tokio::time::timeout;
use url::Url;

/// How long it may take. Most that goes wrong does so at once; then the SDK asks.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks the store for checksums, where it keeps them (S3's API, HeadObject).
const WITH_CHECKSUM: (&str, &str) = ("x-amz-checksum-mode", "ENABLED");

/// Looks at objects of one store.
pub(crate) struct Look {
    connector: Connector,
    endpoint: Url,
    region: String,
    credentials: Credentials,
}

impl Look {
    /// At the configured store.
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            connector: client::connector(config),
            endpoint: config.endpoint.clone(),
            region: config.region.clone(),
            credentials: client::credentials(config),
        }
    }

    /// What is known of the object, which may be that it is not there; or none when the answer is another, or none came.
    pub(crate) async fn at(&self, bucket: &str, path: &str, now: Timestamp) -> Option<Option<ObjectMeta>> {
        let request = self.request(bucket, path, now).ok()?;
        let answer = timeout(PATIENCE, self.connector.call(request)).await.ok()?.ok()?;
        match answer.status().as_u16() {
            200 => Some(Some(told(&answer)?)),
            404 => Some(None),
            _ => None,
        }
    }

    fn request(&self, bucket: &str, path: &str, now: Timestamp) -> Result<HttpRequest, Box<dyn Error>> {
        let mut address = self.endpoint.clone();
        address.set_path(&format!("{bucket}/{path}"));
        let identity = self.credentials.clone().into();
        let since_epoch = Duration::from_millis(now.as_millis().unsigned_abs());
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(UNIX_EPOCH + since_epoch)
            .settings(settings())
            .build()?;
        let signable = SignableRequest::new(
            "HEAD",
            address.as_str(),
            [WITH_CHECKSUM].into_iter(),
            SignableBody::UnsignedPayload,
        )?;
        let (signature, _) = sign(signable, &parameters.into())?.into_parts();
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_method("HEAD")?;
        request.set_uri(String::from(address))?;
        for (name, value) in signature.headers().chain([WITH_CHECKSUM]) {
            request.headers_mut().insert(name.to_owned(), value.to_owned());
        }
        Ok(request)
    }
}

fn settings() -> SigningSettings {
    let mut settings = signing();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings
}

/// What the head of an answer tells; none when it lacks what every store of this kind tells.
fn told(answer: &HttpResponse) -> Option<ObjectMeta> {
    let header = |name: &str| answer.headers().get(name);
    let modified =
        header("last-modified").and_then(|date| DateTime::from_str(date, DateTimeFormat::HttpDate).ok());
    Some(ObjectMeta {
        size: header("content-length")?.parse().ok()?,
        etag: bare_etag(header("etag")),
        sha256: header("x-amz-checksum-sha256").and_then(whole_hash),
        modified: timestamp(Some(&modified?)),
    })
}
