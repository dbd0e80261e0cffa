//! What the live processor is told.

use domain::live::Policy;
use service_kit::settings::{self, Settings};
use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

/// So many segments in a playlist keep its event and its stream's document far below a megabyte.
const MAX_WINDOW: usize = 3600;

/// The live processor's settings, parsed and valid.
#[derive(Debug, Clone)]
pub struct Config {
    /// How playlists are decided.
    pub policy: Policy,
    /// A stream from which nothing has come for so long is stalled.
    pub stalled_after: Duration,
    /// The address on which encoders are listened for.
    pub address: IpAddr,
    /// The port on which encoders are listened for; 0 takes any free one.
    pub ingest_port: u16,
}

impl Config {
    /// Reads the settings.
    #[must_use]
    pub fn from_settings(settings: &mut Settings<'_>) -> Self {
        let wanted = format!("a number of segments from 6 to {MAX_WINDOW}");
        let window: usize = settings.value(settings::DVR_WINDOW_SIZE, &wanted, 10);
        if !(6..=MAX_WINDOW).contains(&window) {
            settings.problem(settings::DVR_WINDOW_SIZE, format!("{window} is not {wanted}"));
        }
        let wait_percent: u32 = settings.value(settings::LIVE_WAIT_PERCENT, "a percentage from 0 to 100", 50);
        if wait_percent > 100 {
            settings.problem(settings::LIVE_WAIT_PERCENT, format!("{wait_percent} is over 100"));
        }
        let seconds: u64 = settings.value(settings::LIVE_STALLED_SECONDS, "a number of seconds", 30);
        if seconds == 0 {
            settings.problem(settings::LIVE_STALLED_SECONDS, "0 would stall every stream".to_owned());
        }
        let address =
            settings.value(settings::LISTEN_ADDRESS, "an IP address", IpAddr::V4(Ipv4Addr::LOCALHOST));
        let anonymous = settings.choice(settings::ALLOW_ANONYMOUS, &[("no", false), ("yes", true)]);
        if !address.is_loopback() && !anonymous {
            let text =
                format!("{address} lets others send segments. Say ALLOW_ANONYMOUS=yes if that is wanted");
            settings.problem(settings::LISTEN_ADDRESS, text);
        }
        Self {
            policy: Policy { window, wait_percent },
            stalled_after: Duration::from_secs(seconds),
            address,
            ingest_port: settings.value(settings::LIVE_INGEST_PORT, "a port", 0),
        }
    }
}
