//! Presigned addresses: whoever has one may read or store that one object, until it ends (AWS Signature Version 4,
//! query form).
//!
//! The SDK's own presigner is async and signs with the present time. Here the time is given, so that all
//! viewers get the same address and caches serve them all.

use crate::{Buckets, Config, client};
use aws_sdk_s3::config::Credentials;
use aws_sigv4::{
    http_request::{
        PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningError, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use domain::object::ObjectKey;
use ports::Period;
use std::{
    iter,
    time::{Duration, UNIX_EPOCH},
};
use url::Url;

/// The longest time that a signature may be good for.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The shortest one that stores accept.
const SHORTEST: Duration = Duration::from_secs(1);

/// Signs addresses at the public endpoint.
pub(crate) struct Signer {
    endpoint: Url,
    region: String,
    credentials: Credentials,
    buckets: Buckets,
}

impl Signer {
    /// A signer for the configured store.
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            endpoint: config.public_endpoint.clone(),
            region: config.region.clone(),
            credentials: client::credentials(config),
            buckets: config.buckets.clone(),
        }
    }

    /// The address at which an object takes this method. It is good for a second at least and a week at most.
    pub(crate) fn address(&self, method: &str, key: &ObjectKey, valid: Period) -> Url {
        let mut address = self.endpoint.clone();
        address.set_path(&format!("{}/{}", self.buckets.name(key.bucket()), key.path()));
        let parameters = self.sign(method, &address, valid);
        let parameters = parameters.expect("an address without headers or session can always be signed");
        address.query_pairs_mut().extend_pairs(parameters);
        address
    }

    fn sign(
        &self,
        method: &str,
        address: &Url,
        valid: Period,
    ) -> Result<Vec<(String, String)>, SigningError> {
        let identity = self.credentials.clone().into();
        let seconds = u64::try_from(valid.from.as_seconds()).unwrap_or_default();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(UNIX_EPOCH + Duration::from_secs(seconds))
            .settings(settings(valid))
            .build()
            .expect("all parameters are given");
        let request =
            SignableRequest::new(method, address.as_str(), iter::empty(), SignableBody::UnsignedPayload)?;
        let (signed, _) = sign(request, &parameters.into())?.into_parts();
        let (_, query) = signed.into_parts();
        Ok(query.into_iter().map(|(name, value)| (name.to_owned(), value.into_owned())).collect())
    }
}

fn settings(valid: Period) -> SigningSettings {
    let period = Duration::from_millis(valid.until.millis_since(valid.from));
    let mut settings = signing();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(period.clamp(SHORTEST, LONGEST));
    settings
}

/// How S3 wants it: the path is signed as it is sent.
pub(crate) fn signing() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{StreamId, Timestamp};
    use service_kit::settings::Settings;
    use std::collections::BTreeMap;

    fn address(key: &ObjectKey, from: i64, seconds: u64) -> Url {
        let environment = BTreeMap::from([
            ("MINIO_PUBLIC_ENDPOINT".to_owned(), "https://video.example.org".to_owned()),
            ("MINIO_BUCKET_VOD_RAW".to_owned(), "my-raw".to_owned()),
        ]);
        let signer = Signer::new(&Config::from_settings(&mut Settings::new(&environment)));
        let from = Timestamp::from_millis(from * 1_000);
        signer.address("GET", key, Period { from, until: from + Duration::from_secs(seconds) })
    }

    fn source() -> ObjectKey {
        ObjectKey::Source { stream: StreamId::vod([0xab; 6]) }
    }

    fn parameter(address: &Url, name: &str) -> String {
        let found = address.query_pairs().find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    #[test]
    fn addresses_read_as_documented() {
        let address = address(&source(), 1_800_000_000, 1_800);
        assert!(address.as_str().starts_with("https://video.example.org/my-raw/vod-abababababab/source?"));
        assert_eq!(parameter(&address, "X-Amz-Algorithm"), "AWS4-HMAC-SHA256");
        assert_eq!(parameter(&address, "X-Amz-Credential"), "minioadmin/20270115/us-east-1/s3/aws4_request");
        assert_eq!(parameter(&address, "X-Amz-Date"), "20270115T080000Z");
        assert_eq!(parameter(&address, "X-Amz-Expires"), "1800");
        assert_eq!(parameter(&address, "X-Amz-SignedHeaders"), "host");
        assert_eq!(parameter(&address, "X-Amz-Signature").len(), 64);
    }

    #[test]
    fn periods_that_no_store_takes_are_cut() {
        for (seconds, told) in [(0, "1"), (604_800, "604800"), (1_000_000, "604800")] {
            assert_eq!(parameter(&address(&source(), 1_800_000_000, seconds), "X-Amz-Expires"), told);
        }
        assert_eq!(parameter(&address(&source(), -5, 60), "X-Amz-Date"), "19700101T000000Z");
    }
}
