//! The table that a person reads.

use super::{Report, Side};
use crate::{percentiles::Percentiles, target::Target};

/// The whole text, at most 80 columns wide.
pub(super) fn of(report: &Report) -> String {
    let mut text = format!(
        "\nFrom a job's insertion to the worker's call of the encoder, in ms.\nQueued: {} jobs wait, the worker is \
         busy, and a viewer waits for the timed one.\nBetween: from one encode's end to the next one's \
         beginning.\n",
        report.queued
    );
    for (side, targets) in report.sides.iter().zip(report.targets.chunks(4)) {
        text.push_str(&format!("\n{}\n", heading(side)));
        text.push_str(&row("nothing queued", &side.idle, Some(&targets[..2])));
        text.push_str(&row("jobs queued", &side.queued, Some(&targets[2..])));
        text.push_str(&row("between encodes", &side.between, None));
    }
    text.push_str(&report.machine.caution());
    text
}

fn heading(side: &Side) -> String {
    format!("{:<20}{:>8}{:>8}{:>8}   target p50, p99", side.on.name(), "p50", "p99", "max")
}

fn row(name: &str, measured: &Percentiles, targets: Option<&[Target]>) -> String {
    let Percentiles { p50_ms, p99_ms, max_ms, .. } = measured;
    let verdicts: Vec<String> = targets.unwrap_or_default().iter().map(verdict).collect();
    let line = format!("  {name:<18}{p50_ms:>8.1}{p99_ms:>8.1}{max_ms:>8.1}   {}", verdicts.join(", "));
    format!("{}\n", line.trim_end())
}

/// Without the unit: the table has one.
fn verdict(target: &Target) -> String {
    target.verdict().replace(target.unit, "").replace("  ", " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latency::tests::example;

    #[test]
    fn it_fits_a_terminal_and_says_what_is_missed() {
        let text = of(&example());
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!((text.matches(" met").count(), text.matches("MISSED").count()), (2, 2), "{text}");
    }
}
