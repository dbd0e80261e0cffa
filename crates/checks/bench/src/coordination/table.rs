//! The table that a person reads.

use super::{Report, Row, Side, target_name};
use crate::target::Target;

/// The whole text, at most 80 columns wide.
pub(super) fn of(report: &Report) -> String {
    let Report { jobs, wait_ms, runs, .. } = report;
    let mut text = format!(
        "\n{jobs} jobs of {wait_ms} ms that only wait; the real services around them.\nFrom the workers' start at \
         a full queue until every video is ready.\nRounds: {runs}; medians count. Lost: the workers' time in \
         which nothing was encoded.\n"
    );
    let side = &report.side;
    text.push_str(&format!("\n{}\n", heading(side)));
    for row in &side.rows {
        let name = target_name(side.on, row.workers);
        let target = report.targets.iter().find(|target| target.name == name);
        text.push_str(&line(row, &target.map(Target::verdict).unwrap_or_default()));
    }
    text.push_str(&report.machine.caution());
    text
}

fn heading(side: &Side) -> String {
    format!("{:<20}{:>10}{:>12}{:>10}   target", side.on.name(), "wall", "speed-up", "lost")
}

fn line(row: &Row, verdict: &str) -> String {
    let workers = format!("{} worker{}", row.workers, if row.workers == 1 { "" } else { "s" });
    let speedup = if row.speedup.is_finite() { format!("{:.2}x", row.speedup) } else { "-".to_owned() };
    let (wall, lost) = (format!("{:.2} s", row.wall.median), format!("{:.1} %", row.lost * 100.0));
    format!("{}\n", format!("  {workers:<18}{wall:>10}{speedup:>12}{lost:>10}   {verdict}").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coordination::tests::example;

    #[test]
    fn it_fits_a_terminal_and_says_what_is_missed() {
        let text = of(&example());
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!((text.matches(" met").count(), text.matches("MISSED").count()), (1, 1), "{text}");
    }
}
