//! What a figure has to keep to.

use serde::Serialize;

/// A figure, and how far it may go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Target {
    /// The figure's name in the JSON.
    pub(crate) name: String,
    /// What was measured.
    pub(crate) value: f64,
    /// How far it may go.
    #[serde(flatten)]
    pub(crate) limit: Limit,
    /// Its unit, as printed behind it.
    pub(crate) unit: &'static str,
    /// Whether it keeps to it.
    pub(crate) met: bool,
}

/// On which side of a figure its limit lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Limit {
    /// Less is better.
    AtMost(f64),
    /// More is better.
    AtLeast(f64),
}

impl Target {
    /// Holds a value against the most that it may be.
    pub(crate) fn at_most(name: impl Into<String>, value: f64, limit: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, limit: Limit::AtMost(limit), unit, met: value <= limit }
    }

    /// Holds a value against the least that it may be.
    pub(crate) fn at_least(name: impl Into<String>, value: f64, limit: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, limit: Limit::AtLeast(limit), unit, met: value >= limit }
    }

    /// The limit and the verdict, for the last columns of a table.
    pub(crate) fn verdict(&self) -> String {
        let (sign, limit) = match self.limit {
            Limit::AtMost(limit) => ("<=", limit),
            Limit::AtLeast(limit) => (">=", limit),
        };
        format!("{sign} {limit}{}  {}", self.unit, if self.met { "met" } else { "MISSED" })
    }
}

/// Whether every target is met.
pub(crate) fn all_met(targets: &[Target]) -> bool {
    targets.iter().all(|target| target.met)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_met() {
        assert!(Target::at_most("cpu_ratio", 1.1, 1.1, "x").met);
        assert!(!Target::at_most("cpu_ratio", 1.1001, 1.1, "x").met);
        assert_eq!(Target::at_most("wall_ratio", 1.2, 1.1, "x").verdict(), "<= 1.1x  MISSED");
        assert!(Target::at_least("speedup", 1.9, 1.9, "x").met);
        assert_eq!(Target::at_least("speedup", 1.8, 1.9, "x").verdict(), ">= 1.9x  MISSED");
    }

    #[test]
    fn the_json_names_the_side_of_the_limit() {
        let json = |target| serde_json::to_value(target).unwrap();
        assert_eq!(json(Target::at_most("a", 1.0, 2.0, "s"))["at_most"], 2.0);
        assert_eq!(json(Target::at_least("a", 1.0, 2.0, "s"))["at_least"], 2.0);
    }
}
