//! How to reach Kafka and what things are called there.

use crate::names::{Names, is_name};
use service_kit::settings::{self as table, Settings};

/// The smallest and the largest limit of a record's size: Kafka itself is not made for larger ones.
const SIZES: std::ops::RangeInclusive<usize> = 1_000..=67_108_864;

/// How a [`crate::Log`] is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The brokers to begin with, `HOST:PORT`, separated by commas.
    pub brokers: String,
    /// The service that uses the log. With the instance it names the members of groups, which have to be unique.
    pub service: &'static str,
    /// The name of this replica of the service; the same after a restart.
    pub instance: String,
    /// The names of topics and groups.
    pub names: Names,
    /// On how many brokers new topics are kept.
    pub replication_factor: u16,
    /// The largest record in bytes: key, payload and headers.
    pub message_max_bytes: usize,
}

impl Config {
    /// Reads the settings of a service, and notes every wrong value.
    pub fn from_settings(settings: &mut Settings<'_>, service: &'static str) -> Self {
        Self {
            brokers: brokers(settings),
            service,
            instance: instance(settings),
            names: names(settings),
            replication_factor: replication_factor(settings),
            message_max_bytes: message_max_bytes(settings),
        }
    }

    /// The name of this replica of the service among all clients of the server.
    pub(crate) fn client_id(&self) -> String {
        format!("{}-{}", self.instance, self.service)
    }
}

fn brokers(settings: &mut Settings<'_>) -> String {
    let text = settings.text(table::KAFKA_BROKER);
    let brokers: Vec<&str> = text.split(',').map(str::trim).collect();
    if let Some(wrong) = brokers.iter().find(|broker| !is_address(broker)) {
        settings.problem(table::KAFKA_BROKER, format!("{wrong:?} is not HOST:PORT"));
    }
    brokers.join(",")
}

fn is_address(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        let is_host = !host.is_empty() && !host.contains(['/', ' ']);
        is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

fn instance(settings: &mut Settings<'_>) -> String {
    let text = table::instance(settings);
    if !is_name(&text) {
        let rule = "at most 249 letters, digits, dots, underscores and hyphens";
        settings.problem(table::INSTANCE_ID, format!("{text:?} cannot name a replica: {rule}"));
    }
    text
}

fn names(settings: &mut Settings<'_>) -> Names {
    let (prefix, vod_topic) = (settings.text(table::KAFKA_TOPIC_PREFIX), settings.text(table::VOD_TOPIC));
    let live_topic = settings.text(table::LIVE_TOPIC);
    let names = Names::new(&prefix, &vod_topic, &live_topic);
    if let Some(flaw) = names.flaw() {
        // With everything else by its default name, it is the one that is at fault which still is.
        let default_live = table::LIVE_TOPIC.default;
        let of_vod = Names::new("", &vod_topic, default_live).flaw().is_some();
        let of_live = Names::new("", &vod_topic, &live_topic).flaw().is_some();
        let setting = match (of_vod, of_live) {
            (true, _) => table::VOD_TOPIC,
            (false, true) => table::LIVE_TOPIC,
            (false, false) => table::KAFKA_TOPIC_PREFIX,
        };
        settings.problem(setting, flaw);
    }
    names
}

fn replication_factor(settings: &mut Settings<'_>) -> u16 {
    let wanted = "a number of brokers from 1 to 32767";
    let factor = settings.value::<u16>(table::KAFKA_REPLICATION_FACTOR, wanted, 1);
    if !(1..=32_767).contains(&factor) {
        settings.problem(table::KAFKA_REPLICATION_FACTOR, format!("{factor} is not {wanted}"));
    }
    factor
}

fn message_max_bytes(settings: &mut Settings<'_>) -> usize {
    let wanted = format!("a number of bytes from {} to {}", SIZES.start(), SIZES.end());
    let size = settings.value(table::KAFKA_MESSAGE_MAX_BYTES, &wanted, *SIZES.start());
    if !SIZES.contains(&size) {
        settings.problem(table::KAFKA_MESSAGE_MAX_BYTES, format!("{size} is not {wanted}"));
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::Topic;
    use std::collections::BTreeMap;

    fn read(variables: &[(&str, &str)]) -> (Config, Result<(), String>) {
        let environment: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut settings = Settings::new(&environment);
        let config = Config::from_settings(&mut settings, "vod-processor");
        (config, settings.finish().map_err(|invalid| invalid.to_string()))
    }

    #[test]
    fn the_defaults_are_valid_and_name_this_host() {
        let (config, outcome) = read(&[]);
        assert_eq!(outcome, Ok(()));
        assert_eq!(config.brokers, "kafka:9092");
        assert_eq!(config.message_max_bytes, 1_048_576);
        assert!(config.client_id().ends_with("-vod-processor"));
    }

    #[test]
    fn every_setting_counts() {
        let (config, outcome) = read(&[
            ("KAFKA_BROKER", "a:1, b.example.org:2,[::1]:3"),
            ("INSTANCE_ID", "replica-2"),
            ("KAFKA_TOPIC_PREFIX", "x."),
            ("VOD_TOPIC", "sources"),
            ("KAFKA_REPLICATION_FACTOR", "3"),
            ("KAFKA_MESSAGE_MAX_BYTES", "2000"),
        ]);
        assert_eq!(outcome, Ok(()));
        assert_eq!(config.brokers, "a:1,b.example.org:2,[::1]:3");
        assert_eq!(config.client_id(), "replica-2-vod-processor");
        assert_eq!(config.names.topic(Topic::VodChunks), "x.sources");
        assert_eq!((config.replication_factor, config.message_max_bytes), (3, 2000));
    }

    #[test]
    fn every_wrong_value_is_named() {
        for (name, value) in [
            ("KAFKA_BROKER", "kafka"),
            ("KAFKA_BROKER", "kafka:0"),
            ("KAFKA_BROKER", "a:1,,b:2"),
            ("KAFKA_BROKER", "http://a:1"),
            ("INSTANCE_ID", "a b"),
            ("KAFKA_TOPIC_PREFIX", "a/b"),
            ("VOD_TOPIC", "dead-letters"),
            ("VOD_TOPIC", "vod chunks"),
            ("LIVE_TOPIC", "vod-chunks"),
            ("LIVE_TOPIC", "live/chunks"),
            ("KAFKA_REPLICATION_FACTOR", "0"),
            ("KAFKA_REPLICATION_FACTOR", "many"),
            ("KAFKA_MESSAGE_MAX_BYTES", "999"),
            ("KAFKA_MESSAGE_MAX_BYTES", "1e6"),
        ] {
            let report = read(&[(name, value)]).1.unwrap_err();
            assert!(report.contains(name), "{name}={value}: {report}");
        }
    }
}
