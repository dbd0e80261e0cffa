//! What a figure has to keep to.

use serde::Serialize;

/// A figure, and the most that it may be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Target {
    /// The figure's name in the JSON.
    pub(crate) name: &'static str,
    /// What was measured.
    pub(crate) value: f64,
    /// The most that it may be.
    pub(crate) at_most: f64,
    /// Its unit, as printed behind it.
    pub(crate) unit: &'static str,
    /// Whether it keeps to it.
    pub(crate) met: bool,
}

impl Target {
    /// Holds a value against its limit.
    pub(crate) fn new(name: &'static str, value: f64, at_most: f64, unit: &'static str) -> Self {
        Self { name, value, at_most, unit, met: value <= at_most }
    }

    /// The limit and the verdict, for the last columns of a table.
    pub(crate) fn verdict(&self) -> String {
        format!("<= {}{}  {}", self.at_most, self.unit, if self.met { "met" } else { "MISSED" })
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
        assert!(Target::new("cpu_ratio", 1.1, 1.1, "x").met);
        assert!(!Target::new("cpu_ratio", 1.1001, 1.1, "x").met);
        assert_eq!(Target::new("wall_ratio", 1.2, 1.1, "x").verdict(), "<= 1.1x  MISSED");
    }
}
