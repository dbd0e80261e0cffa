//! Reading settings through an interface, so that tests pass a map.

use super::table::Setting;
use std::{collections::BTreeMap, fmt, str::FromStr};

/// Where settings come from.
pub trait Environment {
    /// The value of a variable, if there is one.
    fn get(&self, name: &str) -> Option<String>;
}

/// The process's environment.
#[derive(Debug, Clone, Copy)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

impl Environment for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<String> {
        BTreeMap::get(self, name).cloned()
    }
}

/// One setting with a wrong value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable.
    pub name: &'static str,
    /// What is wrong, with which value, and what would be right.
    pub text: String,
}

/// All settings with wrong values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSettings(pub Vec<Problem>);

impl fmt::Display for InvalidSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} setting(s) are wrong:", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {}: {}", problem.name, problem.text))
    }
}

impl std::error::Error for InvalidSettings {}

/// A reader that remembers every mistake, for one report at the end.
pub struct Settings<'a> {
    environment: &'a dyn Environment,
    problems: Vec<Problem>,
}

impl<'a> Settings<'a> {
    /// A reader of this environment.
    #[must_use]
    pub fn new(environment: &'a dyn Environment) -> Self {
        Self { environment, problems: Vec::new() }
    }

    /// The text of a setting, or its default when it is absent or empty.
    #[must_use]
    pub fn text(&self, setting: Setting) -> String {
        let given = self.environment.get(setting.name).filter(|value| !value.trim().is_empty());
        given.map_or_else(|| setting.default.to_owned(), |value| value.trim().to_owned())
    }

    /// A setting as a value of its own type. A wrong one is noted, and `fallback` used until [`Settings::finish`] reports it.
    pub fn value<T: FromStr>(&mut self, setting: Setting, wanted: &str, fallback: T) -> T {
        let text = self.text(setting);
        text.parse().unwrap_or_else(|_| {
            self.problem(setting, format!("{text:?} is not {wanted}"));
            fallback
        })
    }

    /// A setting that takes one of some words.
    pub fn choice<T: Copy>(&mut self, setting: Setting, choices: &[(&str, T)]) -> T {
        let text = self.text(setting);
        match choices.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => *value,
            None => {
                let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
                self.problem(setting, format!("{text:?} is not one of {}", words.join(", ")));
                choices[0].1
            }
        }
    }

    /// Notes a mistake that a service found itself.
    pub fn problem(&mut self, setting: Setting, text: String) {
        self.problems.push(Problem { name: setting.name, text });
    }

    /// Reports.
    ///
    /// # Errors
    /// All mistakes at once.
    pub fn finish(self) -> Result<(), InvalidSettings> {
        if self.problems.is_empty() { Ok(()) } else { Err(InvalidSettings(self.problems)) }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::table, *};

    #[test]
    fn every_mistake_is_reported_at_once() {
        let environment: BTreeMap<String, String> =
            [("API_PORT", "eighty"), ("LOG_FORMAT", "xml"), ("PROBE_SLOTS", " ")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        let mut settings = Settings::new(&environment);
        settings.value::<u16>(table::API_PORT, "a port", 0);
        settings.choice(table::LOG_FORMAT, &[("text", false), ("json", true)]);
        assert_eq!(settings.value(table::PROBE_SLOTS, "a number", 0), 2, "an empty value means the default");
        let report = settings.finish().unwrap_err().to_string();
        assert!(report.contains("API_PORT: \"eighty\" is not a port"), "{report}");
        assert!(report.contains("LOG_FORMAT: \"xml\" is not one of text, json"), "{report}");
    }
}
