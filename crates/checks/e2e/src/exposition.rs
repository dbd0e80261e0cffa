//! What an endpoint shows in the Prometheus text format, as families, and the rules that they keep.

use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};

/// More members than this mean that a label has no bound.
const MOST_SERIES: usize = 400;
/// Labels that are known to have one. A video's or a job's id is none.
const LABELS: [&str; 20] = [
    "class",
    "collection",
    "dependency",
    "direction",
    "endpoint",
    "kind",
    "le",
    "method",
    "operation",
    "outcome",
    "quantile",
    "reason",
    "rendition",
    "state",
    "status",
    "stream_type",
    "topic",
    "urgency",
    "version",
    "instance",
];
/// What names must not end in: a unit that is no base unit.
const OTHER_UNITS: [&str; 8] =
    ["_ms", "_millis", "_milliseconds", "_minutes", "_kb", "_mb", "_percent", "_kilobytes"];

/// All families of an endpoint, by name.
#[derive(Debug, Default)]
pub struct Exposition {
    /// The families.
    pub families: BTreeMap<String, Family>,
}

/// A family of series.
#[derive(Debug, Default)]
pub struct Family {
    kind: String,
    help: String,
    labels: BTreeSet<String>,
    series: usize,
    /// The sum of all its series; of a histogram, how many were observed.
    pub total: f64,
}

impl Exposition {
    /// Reads what an endpoint shows.
    ///
    /// # Errors
    /// A line is none of the format.
    pub fn parse(text: &str) -> Result<Self> {
        let mut all = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            all.line(line).with_context(|| format!("not of the format: {line}"))?;
        }
        Ok(all)
    }

    fn line(&mut self, line: &str) -> Option<()> {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ')?;
            help.clone_into(&mut self.families.entry(name.to_owned()).or_default().help);
            return Some(());
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ')?;
            kind.clone_into(&mut self.families.entry(name.to_owned()).or_default().kind);
            return Some(());
        }
        let (series, value) = line.rsplit_once(' ')?;
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let is_histogram =
            |name: &str| self.families.get(name).is_some_and(|family| family.kind == "histogram");
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part));
        let family = base.filter(|base| is_histogram(base)).unwrap_or(name).to_owned();
        let counts = family == name || name.ends_with("_count");
        let family = self.families.get_mut(&family)?;
        family.series += usize::from(counts);
        family.labels.extend(label_names(labels));
        if counts {
            family.total += value.parse::<f64>().ok()?;
        }
        Some(())
    }

    /// Every rule that a family breaks.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.families.iter().flat_map(|(name, family)| family.violations(name)).collect()
    }
}

impl Family {
    fn violations(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut expect = |holds: bool, what: &str| {
            if !holds {
                found.push(format!("{name}: {what}"));
            }
        };
        let snake = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        expect(name.bytes().all(snake), "the name is not in snake case");
        expect(!self.help.is_empty(), "has no help");
        expect(
            (self.kind == "counter") == name.ends_with("_total"),
            "counters, and they alone, end in _total",
        );
        let base = name.trim_end_matches("_total");
        expect(!OTHER_UNITS.iter().any(|unit| base.ends_with(unit)), "the unit is no base unit");
        if self.kind == "histogram" {
            let units = ["_seconds", "_bytes", "_ratio"];
            expect(units.iter().any(|unit| name.ends_with(unit)), "a histogram names its unit");
        }
        expect(self.series <= MOST_SERIES, "has too many series: a label has no bound");
        for label in &self.labels {
            expect(
                LABELS.contains(&label.as_str()),
                &format!("the label {label} is not known to have a bound"),
            );
        }
        found
    }
}

/// The names in `a="1",b="2"}`; a quoted value may hold anything.
fn label_names(labels: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = labels;
    while let Some((name, value)) = rest.split_once("=\"") {
        names.push(name.trim_start_matches(',').to_owned());
        let mut escaped = false;
        let end = value.find(|character| {
            let ends = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            ends
        });
        rest = end.map_or("", |end| &value[end + 1..]);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# HELP a_total Things.\n# TYPE a_total counter\na_total{status=\"2}0\\\"0\"} 3\na_total{status=\"404\"} 4\n\
        # HELP b_seconds How long.\n# TYPE b_seconds histogram\nb_seconds_bucket{le=\"1\"} 1\nb_seconds_bucket{le=\"+Inf\"} 2\n\
        b_seconds_sum 1.5\nb_seconds_count 2\n";

    #[test]
    fn families_are_read() {
        let read = Exposition::parse(GOOD).unwrap();
        let totals: Vec<f64> = read.families.values().map(|family| family.total).collect();
        assert_eq!(totals, [7.0, 2.0]);
        assert_eq!(read.violations(), Vec::<String>::new());
    }

    #[test]
    fn each_broken_rule_is_told() {
        for (good, bad, what) in [
            ("# HELP a_total Things.\n", "", "has no help"),
            ("a_total", "a_count_of", "end in _total"),
            ("b_seconds", "b_ms", "no base unit"),
            ("b_seconds", "bSeconds", "snake case"),
            ("status=", "stream_id=", "not known to have a bound"),
        ] {
            let found = Exposition::parse(&GOOD.replace(good, bad)).unwrap().violations();
            assert!(found.iter().any(|found| found.contains(what)), "{what}: {found:?}");
        }
        let many: String = (0..500).map(|number| format!("a_total{{status=\"{number}\"}} 1\n")).collect();
        let found = Exposition::parse(&format!("{GOOD}{many}")).unwrap().violations();
        assert!(found[0].contains("too many series"), "{found:?}");
    }
}
