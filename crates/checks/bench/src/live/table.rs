//! The table that a person reads.

use super::{Ending, Hour, Load, Report, Side, Sustained, Watched, sustain};
use crate::target::Target;

/// The whole text, at most 80 columns wide.
pub(super) fn of(report: &Report) -> String {
    let mut text = String::new();
    if report.sides.iter().any(|side| !side.loads.is_empty()) {
        text.push_str(&format!(
            "\nFrom the publication of a live segment's event until its playlist was read over\nHTTP, in ms. {} s \
             each. CPU and memory are those of api and live-processor.\n",
            report.seconds
        ));
    }
    for side in &report.sides {
        text.push_str(&loads(side, &report.targets));
        let rows = [
            side.sustained.as_ref().map(sustained),
            side.hour.as_ref().map(|hour| self::hour(side, hour, &report.targets)),
            side.ending.as_ref().map(|ending| self::ending(side, ending, &report.targets)),
            side.watched.as_ref().map(|watched| self::watched(side, watched, &report.targets)),
        ];
        for (title, rows) in rows.into_iter().flatten() {
            text.push_str(&format!("\n{}: {title}\n{rows}", side.on.name()));
        }
    }
    text.push_str(&report.machine.caution());
    text
}

fn loads(side: &Side, targets: &[Target]) -> String {
    if side.loads.is_empty() {
        return String::new();
    }
    let heading =
        format!("{:<20}{:>7}{:>7}{:>7}{:>6}{:>6}", side.on.name(), "p50", "p99", "max", "CPU", "MiB");
    let mut text = format!("\n{heading}   target p50, p99\n");
    for load in &side.loads {
        let of = |figure: &str| {
            let target = side.target(targets, &format!("{}_{figure}_ms", load.offered.rate))?;
            // Without the unit: the table has one.
            Some(target.verdict().replace(target.unit, "").replace("  ", " "))
        };
        let verdicts: Vec<String> = ["p50", "p99"].into_iter().filter_map(of).collect();
        text.push_str(&format!("{}\n", line(load, &verdicts.join(", ")).trim_end()));
        if load.unseen > 0 {
            text.push_str(&format!("    {} of {} were never listed\n", load.unseen, load.published));
        }
    }
    text
}

fn line(load: &Load, verdict: &str) -> String {
    let latency = load.latency;
    let cpu = load.cores.map_or("-".to_owned(), |cores| format!("{:.0}%", cores * 100.0));
    let mib = load.resident_mib.map_or("-".to_owned(), |mib| format!("{mib:.0}"));
    format!(
        "{:<20}{:>7.1}{:>7.1}{:>7.0}{cpu:>6}{mib:>6}   {verdict}",
        load.offered, latency.p50_ms, latency.p99_ms, latency.max_ms
    )
}

type Part = (String, String);

fn row(name: &str, value: &str, target: Option<&Target>) -> String {
    let verdict = target.map(Target::verdict).unwrap_or_default();
    format!("{}\n", format!("  {name:<34}{value:>14}   {verdict}").trim_end())
}

fn sustained(found: &Sustained) -> Part {
    let held = &found.held;
    let mut rows = row("Segments a second", &held.offered.rate.to_string(), None);
    rows += &row("p50", &format!("{:.1} ms", held.latency.p50_ms), None);
    rows += &row("p99", &format!("{:.1} ms", held.latency.p99_ms), None);
    if let Some((cores, mib)) = held.cores.zip(held.resident_mib) {
        rows += &row("CPU of the programs", &format!("{:.0}% of a core", cores * 100.0), None);
        rows += &row("Memory of the programs", &format!("{mib:.0} MiB"), None);
    }
    let title = format!("the highest rate held for {} s, {} streams", sustain::HELD_S, held.offered.streams);
    (title, rows)
}

fn hour(side: &Side, hour: &Hour, targets: &[Target]) -> Part {
    let mut rows = row("Segments taken a second", &format!("{:.0}", hour.per_second), None);
    rows += &row("CPU for 1000 segments", &format!("{:.2} s", hour.cpu_s_per_1000), None);
    let target = side.target(targets, "hour_growth_mib");
    rows += &row("Memory, last against second tenth", &format!("{:+.1} MiB", hour.growth_mib), target);
    let tenths: Vec<String> = hour.resident_mib.iter().map(|mib| format!("{mib:.0}")).collect();
    rows += &format!("  MiB after each tenth: {}\n", tenths.join(" "));
    (format!("{} segments of each of {} streams, at once", hour.segments, hour.streams), rows)
}

fn ending(side: &Side, ending: &Ending, targets: &[Target]) -> Part {
    let target = |figure: &str| side.target(targets, figure);
    let mut rows =
        row("Recording served after", &format!("{:.2} s", ending.served_s), target("ending_served_s"));
    rows += &row("Segments listed", &ending.listed.to_string(), None);
    rows += &row("Segments that answer", &ending.answered.to_string(), target("ending_answered"));
    rows += &row("Pictures decoded", &ending.pictures.to_string(), target("ending_pictures"));
    (format!("a stream of {} segments ends", ending.segments), rows)
}

fn watched(side: &Side, watched: &Watched, targets: &[Target]) -> Part {
    let more = watched.more_percent;
    let mut rows = row("CPU for a segment, not watched", &format!("{:.3} ms", watched.alone_ms.median), None);
    rows += &row("Watched", &format!("{:.3} ms", watched.watched_ms.median), None);
    rows += &row("More", &format!("{:+.1} %", more.median), side.target(targets, "watched_percent"));
    rows += &row("From round to round", &format!("{:+.1} to {:+.1} %", more.min, more.max), None);
    rows += &row("Spans collected of a segment", &format!("{:.1}", watched.spans), None);
    (format!("{} rounds of {} segments, in turns", watched.rounds, watched.segments), rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::tests::example;

    #[test]
    fn it_fits_a_terminal_and_says_what_is_missed() {
        let text = of(&example());
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!((text.matches(" met").count(), text.matches("MISSED").count()), (1, 7), "{text}");
    }
}
