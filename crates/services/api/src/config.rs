//! What the API is told.

use service_kit::settings::{self, Setting, Settings};
use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};
use url::Url;

/// How segments reach players.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaDelivery {
    /// Players are redirected to the object store.
    Redirect,
    /// Their bytes pass through the API.
    Proxy,
}

/// A shorter secret can be guessed.
const SHORTEST_KEY: usize = 32;

/// The API's settings, parsed and valid.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address to listen on.
    pub address: IpAddr,
    /// The port; 0 takes any free one.
    pub port: u16,
    /// The address under which viewers reach the API, if it is not the one that their request names.
    pub public_url: Option<Url>,
    /// The address under which encoders send segments over HTTP, if it is not the host that their request names.
    pub ingest_url: Option<Url>,
    /// The port at which they do on that host; 0: nobody knows.
    pub ingest_port: u16,
    /// How segments reach players.
    pub delivery: MediaDelivery,
    /// A video can be played as soon as it is planned, not only when it is ready.
    pub play_while_encoding: bool,
    /// Secrets of playback addresses: the first signs, all verify.
    pub signing_keys: Vec<Vec<u8>>,
    /// The largest upload, in bytes.
    pub upload_max_bytes: u64,
    /// The longest test card that stands in for a source, in milliseconds.
    pub simulated_source_max_ms: u32,
    /// A file that gets the address once the API listens, for scripts that asked for any free port.
    pub address_file: Option<PathBuf>,
}

impl Config {
    /// Reads the settings. Without a signing key the caller makes one, for it knows who has to share it.
    #[must_use]
    pub fn from_settings(settings: &mut Settings<'_>) -> Self {
        let address =
            settings.value(settings::LISTEN_ADDRESS, "an IP address", IpAddr::V4(Ipv4Addr::LOCALHOST));
        let anonymous = settings.choice(settings::ALLOW_ANONYMOUS, &[("no", false), ("yes", true)]);
        if !address.is_loopback() && !anonymous {
            let text =
                format!("{address} lets others upload and delete. Say ALLOW_ANONYMOUS=yes if that is wanted");
            settings.problem(settings::LISTEN_ADDRESS, text);
        }
        let delivery = [("redirect", MediaDelivery::Redirect), ("proxy", MediaDelivery::Proxy)];
        let seconds: u32 = settings.value(settings::SIMULATED_SOURCE_MAX_SECONDS, "a number of seconds", 8);
        Self {
            address,
            port: settings.value(settings::API_PORT, "a port", 8000),
            public_url: address_of(settings, settings::PUBLIC_URL),
            ingest_url: address_of(settings, settings::LIVE_INGEST_URL),
            ingest_port: settings.value(settings::LIVE_INGEST_PORT, "a port", 0),
            delivery: settings.choice(settings::MEDIA_DELIVERY, &delivery),
            play_while_encoding: settings
                .choice(settings::PLAY_WHILE_ENCODING, &[("on", true), ("off", false)]),
            signing_keys: signing_keys(settings),
            upload_max_bytes: settings.value(settings::UPLOAD_MAX_BYTES, "a number of bytes", 0),
            simulated_source_max_ms: seconds.saturating_mul(1000),
            address_file: None,
        }
    }
}

/// An address of the web; none where the setting is empty.
fn address_of(settings: &mut Settings<'_>, setting: Setting) -> Option<Url> {
    let text = settings.text(setting);
    let parsed = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if !text.is_empty() && parsed.is_none() {
        settings.problem(setting, format!("{text:?} is not an http or https address"));
    }
    parsed
}

/// Several keys, separated by commas, let an older one still open addresses while the first signs.
fn signing_keys(settings: &mut Settings<'_>) -> Vec<Vec<u8>> {
    let text = settings.text(settings::SIGNING_KEY);
    let keys: Vec<&str> = text.split(',').map(str::trim).filter(|key| !key.is_empty()).collect();
    if keys.iter().any(|key| key.len() < SHORTEST_KEY) {
        settings.problem(settings::SIGNING_KEY, format!("a key has fewer than {SHORTEST_KEY} characters"));
    }
    keys.into_iter().map(|key| key.as_bytes().to_vec()).collect()
}
