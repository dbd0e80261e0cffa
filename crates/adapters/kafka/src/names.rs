//! What topics and groups are called on the server.

use domain::event::Topic;

/// The names of topics and groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    prefix: String,
    topics: Vec<(Topic, String)>,
}

impl Names {
    /// Names that begin with `prefix`; the topic of sources is called `vod_topic` after it, that of live segments
    /// `live_topic`, and every other topic by its default name.
    #[must_use]
    pub fn new(prefix: &str, vod_topic: &str, live_topic: &str) -> Self {
        let named = |topic: Topic| match topic {
            Topic::VodChunks => vod_topic,
            Topic::LiveChunks => live_topic,
            other => other.name(),
        };
        let topics = Topic::ALL.map(|topic| (topic, format!("{prefix}{}", named(topic))));
        Self { prefix: prefix.to_owned(), topics: topics.to_vec() }
    }

    /// A topic's name on the server.
    #[must_use]
    pub fn topic(&self, topic: Topic) -> &str {
        let known = self.topics.iter().find(|(known, _)| *known == topic);
        known.map_or(topic.name(), |(_, name)| name)
    }

    /// The topic of this name on the server.
    pub(crate) fn find(&self, name: &str) -> Option<Topic> {
        self.topics.iter().find(|(_, known)| known == name).map(|(topic, _)| *topic)
    }

    /// A group's name on the server.
    pub(crate) fn group(&self, group: &str) -> String {
        format!("{}{group}", self.prefix)
    }

    /// The first name that Kafka would not take, or that two topics would share.
    pub(crate) fn flaw(&self) -> Option<String> {
        let invalid = self.topics.iter().find(|(_, name)| !is_name(name));
        let doubled = || {
            let same = |name: &str| self.topics.iter().filter(|(_, other)| other == name).count() > 1;
            self.topics.iter().find(|(_, name)| same(name))
        };
        match invalid {
            Some((_, name)) => Some(format!(
                "{name:?} is no name of a topic: at most 249 letters, digits, dots, underscores and hyphens"
            )),
            None => doubled().map(|(_, name)| format!("two topics would be called {name:?}")),
        }
    }
}

/// Whether Kafka takes this as the name of a topic (`org.apache.kafka.common.internals.Topic`).
pub(crate) fn is_name(text: &str) -> bool {
    let is_legal = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    (1..=249).contains(&text.len()) && text.chars().all(is_legal) && text != "." && text != ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_is_found_by_its_name() {
        let names = Names::new("fleet-a.", "sources", "live");
        assert_eq!(names.topic(Topic::VodChunks), "fleet-a.sources");
        assert_eq!(names.topic(Topic::LiveChunks), "fleet-a.live");
        assert_eq!(names.topic(Topic::DeadLetters), "fleet-a.dead-letters");
        assert_eq!(names.group("api"), "fleet-a.api");
        for topic in Topic::ALL {
            assert_eq!(names.find(names.topic(topic)), Some(topic));
        }
        assert_eq!(names.find("vod-chunks"), None);
        assert_eq!(names.flaw(), None);
    }

    #[test]
    fn flaws_are_told() {
        for (prefix, vod_topic) in
            [("a/", "vod"), ("", "vod chunks"), (&*"x".repeat(240), "v"), ("", ".."), ("", "dead-letters")]
        {
            assert!(Names::new(prefix, vod_topic, "live").flaw().is_some(), "{prefix}{vod_topic}");
        }
    }
}
