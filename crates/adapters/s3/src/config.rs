//! Where the store is, who asks, and what its buckets are called.

use domain::object::Bucket;
use service_kit::settings::{
    MINIO_BUCKET_LIVE, MINIO_BUCKET_MANIFESTS, MINIO_BUCKET_VOD_RAW, MINIO_BUCKET_VOD_VARIANTS,
    MINIO_ENDPOINT, MINIO_PUBLIC_ENDPOINT, MINIO_ROOT_PASSWORD, MINIO_ROOT_USER, S3_REGION, Setting,
    Settings,
};
use std::fmt;
use url::Url;

/// What the adapter needs to know, parsed and valid.
#[derive(Clone)]
pub struct Config {
    /// The address at which this process reaches the store.
    pub endpoint: Url,
    /// The address at which viewers reach it, which presigned addresses begin with.
    pub public_endpoint: Url,
    /// The store's region.
    pub region: String,
    /// The access key.
    pub access_key: String,
    /// The secret key.
    pub secret_key: String,
    /// The names of the buckets.
    pub buckets: Buckets,
}

/// The real name of each bucket; no two are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    /// Of sources.
    pub vod_raw: String,
    /// Of renditions.
    pub vod_variants: String,
    /// Of live segments.
    pub live: String,
    /// Of archived playlists.
    pub manifests: String,
}

impl Buckets {
    /// The name of a bucket.
    #[must_use]
    pub fn name(&self, bucket: Bucket) -> &str {
        match bucket {
            Bucket::VodRaw => &self.vod_raw,
            Bucket::VodVariants => &self.vod_variants,
            Bucket::Live => &self.live,
            Bucket::Manifests => &self.manifests,
        }
    }
}

impl Config {
    /// Reads the settings; what is wrong is noted in `settings`.
    #[must_use]
    pub fn from_settings(settings: &mut Settings<'_>) -> Self {
        Self {
            endpoint: endpoint(settings, MINIO_ENDPOINT),
            public_endpoint: endpoint(settings, MINIO_PUBLIC_ENDPOINT),
            region: region(settings),
            access_key: settings.text(MINIO_ROOT_USER),
            secret_key: settings.text(MINIO_ROOT_PASSWORD),
            buckets: buckets(settings),
        }
    }
}

impl fmt::Debug for Config {
    /// Without the secret key, for configurations end up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, public_endpoint, region, access_key, secret_key: _, buckets } = self;
        f.debug_struct("Config")
            .field("endpoint", &endpoint.as_str())
            .field("public_endpoint", &public_endpoint.as_str())
            .field("region", region)
            .field("access_key", access_key)
            .field("buckets", buckets)
            .finish_non_exhaustive()
    }
}

fn endpoint(settings: &mut Settings<'_>, setting: Setting) -> Url {
    let text = settings.text(setting);
    if let Some(url) = Url::parse(&text).ok().filter(is_endpoint) {
        return url;
    }
    settings.problem(setting, format!("{text:?} is not http(s)://HOST:PORT, such as {}", setting.default));
    Url::parse(setting.default).expect("the table's defaults are addresses, which a test checks")
}

/// Whether it is a server and nothing below it: a path would be part of what is signed.
fn is_endpoint(url: &Url) -> bool {
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    matches!(url.scheme(), "http" | "https") && url.has_host() && bare && anonymous
}

fn region(settings: &mut Settings<'_>) -> String {
    let text = settings.text(S3_REGION);
    let valid = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !valid {
        settings.problem(S3_REGION, format!("{text:?} is not letters, digits and dashes, such as us-east-1"));
    }
    text
}

fn buckets(settings: &mut Settings<'_>) -> Buckets {
    let mut taken = Vec::new();
    let mut name = |setting| {
        let text = settings.text(setting);
        if !is_bucket(&text) {
            let rule =
                "3 to 63 small letters, digits, dots and dashes that begin and end with a letter or digit";
            settings.problem(setting, format!("{text:?} is not {rule}"));
        } else if taken.contains(&text) {
            settings.problem(setting, format!("{text:?} is already another bucket: give each its own"));
        }
        taken.push(text.clone());
        text
    };
    Buckets {
        vod_raw: name(MINIO_BUCKET_VOD_RAW),
        vod_variants: name(MINIO_BUCKET_VOD_VARIANTS),
        live: name(MINIO_BUCKET_LIVE),
        manifests: name(MINIO_BUCKET_MANIFESTS),
    }
}

/// The naming rules of general purpose buckets (Amazon S3 User Guide), as far as they matter to a server.
fn is_bucket(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = name.bytes().next().is_some_and(plain) && name.bytes().next_back().is_some_and(plain);
    let inside = name.bytes().all(|byte| plain(byte) || byte == b'-' || byte == b'.');
    (3..=63).contains(&name.len()) && ends && inside && !name.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn read(values: &[(&str, &str)]) -> (Config, Vec<String>) {
        let environment: BTreeMap<String, String> =
            values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut settings = Settings::new(&environment);
        let config = Config::from_settings(&mut settings);
        let problems = settings.finish().err().map_or_else(Vec::new, |invalid| invalid.0);
        (config, problems.into_iter().map(|problem| problem.name.to_owned()).collect())
    }

    #[test]
    fn the_defaults_are_valid() {
        let (config, problems) = read(&[]);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(config.endpoint.as_str(), "http://minio:9000/");
        let names: Vec<_> = Bucket::ALL.iter().map(|bucket| config.buckets.name(*bucket)).collect();
        assert_eq!(names, Bucket::ALL.map(Bucket::name));
    }

    #[test]
    fn every_wrong_value_is_noted() {
        for endpoint in
            ["minio:9000", "ftp://minio", "http://", "http://minio/store", "http://a:b@minio", "x"]
        {
            assert_eq!(read(&[("MINIO_ENDPOINT", endpoint)]).1, ["MINIO_ENDPOINT"], "{endpoint}");
            assert_eq!(
                read(&[("MINIO_PUBLIC_ENDPOINT", endpoint)]).1,
                ["MINIO_PUBLIC_ENDPOINT"],
                "{endpoint}"
            );
        }
        for bucket in ["ab", "Upper", "-dash", "dash-", "a..b", "a/b", &"x".repeat(64)] {
            assert_eq!(read(&[("MINIO_BUCKET_VOD_RAW", bucket)]).1, ["MINIO_BUCKET_VOD_RAW"], "{bucket}");
        }
        let shared =
            [("MINIO_BUCKET_VOD_RAW", "one"), ("MINIO_BUCKET_MANIFESTS", "one"), ("S3_REGION", "a b")];
        assert_eq!(read(&shared).1, ["S3_REGION", "MINIO_BUCKET_MANIFESTS"]);
        assert_eq!(read(&[("MINIO_BUCKET_VOD_RAW", "live-streams")]).1, ["MINIO_BUCKET_LIVE"]);
    }

    #[test]
    fn the_secret_is_not_shown() {
        let (config, _) = read(&[("MINIO_ROOT_PASSWORD", "hush-hush")]);
        assert_eq!(config.secret_key, "hush-hush");
        assert!(!format!("{config:?}").contains("hush"));
    }
}
