//! What the producer is told.

use crate::media::CELLS_PER_SECOND;
use service_kit::settings::{self, Setting, Settings};
use std::{ops::RangeInclusive, path::PathBuf, time::Duration};
use url::Url;

/// The longest interval that makes sense, in seconds.
const LONGEST_INTERVAL: f64 = 24.0 * 3600.0;
/// The longest live segment, in seconds.
const LONGEST_SEGMENT: f64 = 60.0;

/// The producer's settings, parsed and valid.
#[derive(Debug, Clone)]
pub struct Config {
    /// It uploads and sends; otherwise it does nothing.
    pub enabled: bool,
    /// Its own folder.
    pub folder: PathBuf,
    /// From one upload to the next.
    pub upload_interval: RangeInclusive<Duration>,
    /// How long live segments are, in tenths of a second.
    pub segment_tenths: RangeInclusive<u64>,
    /// Segments of a live stream, the ones that are left out on purpose included.
    pub segments: u32,
    /// How many of its own videos it keeps; 0: all.
    pub keep_videos: usize,
    /// How many recordings of its own live streams it keeps; 0: all.
    pub keep_recordings: usize,
    /// The home team.
    pub home: String,
    /// The visiting team.
    pub away: String,
    /// The competition.
    pub competition: String,
    /// The name of the show.
    pub show: String,
    /// The names of its episodes; at least one.
    pub episodes: Vec<String>,
}

impl Config {
    /// Reads the settings.
    #[must_use]
    pub fn from_settings(settings: &mut Settings<'_>) -> Self {
        let uploads = interval(
            settings,
            (settings::VOD_INTERVAL_MIN, settings::VOD_INTERVAL_MAX),
            (10.0, 20.0),
            LONGEST_INTERVAL,
        );
        let segments = interval(
            settings,
            (settings::LIVE_INTERVAL_MIN, settings::LIVE_INTERVAL_MAX),
            (0.5, 1.0),
            LONGEST_SEGMENT,
        );
        Self {
            enabled: settings.choice(settings::PRODUCER, &[("on", true), ("off", false)]),
            folder: PathBuf::from(settings.text(settings::DATA_DIR)).join("producer"),
            upload_interval: Duration::from_secs_f64(uploads.0)..=Duration::from_secs_f64(uploads.1),
            segment_tenths: tenths(segments.0)..=tenths(segments.1),
            segments: settings.value(settings::LIVE_SEGMENTS, "a number of segments", 1000).max(1),
            keep_videos: settings.value(settings::PRODUCER_KEEP_VIDEOS, "a number of videos", 20),
            keep_recordings: settings.value(settings::PRODUCER_KEEP_RECORDINGS, "a number of recordings", 3),
            home: settings.text(settings::MATCH_HOME_TEAM),
            away: settings.text(settings::MATCH_AWAY_TEAM),
            competition: settings.text(settings::MATCH_COMPETITION),
            show: settings.text(settings::VOD_SHOW_NAME),
            episodes: episodes(settings),
        }
    }

    /// Where it makes what it shows: a folder that is emptied when it starts.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.folder.join("scratch")
    }

    /// The longest that a segment may be, in whole seconds.
    pub(crate) fn target_duration(&self) -> u32 {
        self.segment_tenths.end().div_ceil(CELLS_PER_SECOND) as u32
    }
}

/// The address at which a producer of the fleet reaches the API.
#[must_use]
pub fn api_endpoint(settings: &mut Settings<'_>) -> Option<Url> {
    let text = settings.text(settings::API_ENDPOINT);
    let url = Url::parse(&text).ok().filter(|url| url.scheme() == "http" && url.has_host());
    if url.is_none() {
        settings.problem(settings::API_ENDPOINT, format!("{text:?} is not an http address"));
    }
    url
}

/// The shortest and the longest of something, in seconds.
fn interval(
    settings: &mut Settings<'_>,
    (shortest, longest): (Setting, Setting),
    defaults: (f64, f64),
    limit: f64,
) -> (f64, f64) {
    let mut read = |setting, default| {
        let value: f64 = settings.value(setting, "a number of seconds", default);
        if value > 0.0 && value <= limit {
            return value;
        }
        settings.problem(setting, format!("{value} is not more than 0 and at most {limit} seconds"));
        default
    };
    let (min, max) = (read(shortest, defaults.0), read(longest, defaults.1));
    if min > max {
        settings.problem(shortest, format!("{min} is more than {max}, which {} says", longest.name));
        return defaults;
    }
    (min, max)
}

/// Segments are cut at keyframes, of which there are so many in a second.
fn tenths(seconds: f64) -> u64 {
    ((seconds * CELLS_PER_SECOND as f64).round() as u64).max(1)
}

fn episodes(settings: &mut Settings<'_>) -> Vec<String> {
    let text = settings.text(settings::VOD_EPISODES);
    let names: Vec<String> =
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.is_empty() {
        settings.problem(settings::VOD_EPISODES, format!("{text:?} names no episode"));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn read(environment: &[(&str, &str)]) -> Result<Config, String> {
        let environment: BTreeMap<String, String> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut settings = Settings::new(&environment);
        let config = Config::from_settings(&mut settings);
        settings.finish().map(|()| config).map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_are_those_of_the_contract() {
        let config = read(&[]).unwrap();
        assert!(config.enabled);
        assert_eq!(config.upload_interval, Duration::from_secs(10)..=Duration::from_secs(20));
        assert_eq!((config.segment_tenths.clone(), config.segments), (5..=10, 1000));
        assert_eq!(config.target_duration(), 1);
        assert_eq!(config.episodes.len(), 5);
        assert_eq!((config.home.as_str(), config.away.as_str()), ("Al-Hilal", "Al-Nassr"));
    }

    #[test]
    fn a_target_duration_covers_the_longest_segment() {
        let config = read(&[("LIVE_INTERVAL_MIN", "1.5"), ("LIVE_INTERVAL_MAX", "2.26")]).unwrap();
        assert_eq!((config.segment_tenths.clone(), config.target_duration()), (15..=23, 3));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (name, value, why) in [
            ("VOD_INTERVAL_MIN", "30", "VOD_INTERVAL_MIN: 30 is more than 20"),
            ("VOD_INTERVAL_MAX", "-1", "VOD_INTERVAL_MAX: -1 is not more than 0"),
            ("LIVE_INTERVAL_MIN", "NaN", "LIVE_INTERVAL_MIN: NaN is not"),
            ("LIVE_INTERVAL_MAX", "soon", "LIVE_INTERVAL_MAX: \"soon\" is not a number"),
            ("VOD_EPISODES", " , ", "VOD_EPISODES: \",\" names no episode"),
            ("PRODUCER", "yes", "PRODUCER: \"yes\" is not one of on, off"),
        ] {
            let said = read(&[(name, value)]).map(|config| format!("{config:?}")).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
    }
}
