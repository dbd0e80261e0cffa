//! The result as a person reads it, in 80 columns.

use super::figures::Figures;
use crate::{spread::Spread, target::Target};

/// The share of the machine that others may use before wall times are doubtful.
const QUIET: f64 = 0.05;

/// The table with what is around it.
pub(crate) fn of(figures: &Figures) -> String {
    let (bare, ours, machine) = (&figures.bare, &figures.pipeline, &figures.machine);
    let [cpu, wall, delay] = [0, 1, 2].map(|index| figures.targets.get(index));
    let mut text = format!(
        "\n{}\nMachine: {} cores, {}\nRounds: {}; medians count.\n\n",
        wrapped(&figures.source.to_string()),
        machine.cores,
        machine.processor.chars().take(50).collect::<String>(),
        figures.rounds.len()
    );
    text.push_str(&row(["", "bare ffmpeg", "reelfleet", "compared"], "target"));
    text.push_str(&ratio("CPU time", bare.cpu_s, ours.cpu_s, "s", cpu));
    text.push_str(&ratio("Wall time", bare.wall_s, ours.wall_s, "s", wall));
    text.push_str(&delayed("First playable", bare.first_playable_s, ours.first_playable_s, delay));
    text.push_str(&ratio("Peak memory", bare.peak_rss_mb, ours.peak_rss_mb, "MiB", None));
    text.push_str(&ratio("Output", bare.output_mb, ours.output_mb, "MiB", None));
    text.push_str(&milestones(figures));
    if figures.others_share > QUIET {
        let percent = figures.others_share * 100.0;
        text.push_str(&format!(
            "\nOther processes used up to {percent:.0} % of the machine: do not trust wall times.\n"
        ));
    }
    text
}

fn ratio(name: &str, bare: Spread, ours: Spread, unit: &str, target: Option<&Target>) -> String {
    let compared = format!("{:.3}x", ours.median / bare.median);
    row([name, &figure(bare, unit), &figure(ours, unit), &compared], &verdict(target))
}

fn delayed(name: &str, bare: Spread, ours: Spread, target: Option<&Target>) -> String {
    let compared = format!("{:+.2} s", ours.median - bare.median);
    row([name, &figure(bare, "s"), &figure(ours, "s"), &compared], &verdict(target))
}

fn figure(spread: Spread, unit: &str) -> String {
    format!("{:.2} {unit}", spread.median)
}

fn verdict(target: Option<&Target>) -> String {
    target.map_or_else(String::new, Target::verdict)
}

fn row([name, bare, ours, compared]: [&str; 4], target: &str) -> String {
    format!("{}\n", format!("{name:<16}{bare:>14}{ours:>14}{compared:>12}   {target}").trim_end())
}

fn milestones(figures: &Figures) -> String {
    let of = |spread: Spread| spread.median;
    let at = &figures.milestones;
    format!(
        "\nReelfleet alone: ready to serve {:.2} s after its start; video uploaded after\n\
         {:.2} s, planned after {:.2} s. Its own process without ffmpeg: {:.0} MiB at most.\n",
        of(at.start_s),
        of(at.uploaded_s),
        of(at.planned_s),
        of(at.process_peak_rss_mb)
    )
}

/// Breaks a long line at its last separator that fits.
fn wrapped(line: &str) -> String {
    match line.get(..79).and_then(|head| head.rfind("; ")) {
        Some(at) if line.len() > 80 => format!("{};\n  {}", &line[..at], &line[at + 2..]),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vod::figures::tests::example;

    #[test]
    fn it_fits_a_terminal_and_says_what_is_missed() {
        let text = of(&example(1.2));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.matches("MISSED").count(), 3, "{text}");
        assert!(text.contains("15 %"), "{text}");
    }

    #[test]
    fn met_targets_are_marked() {
        let text = of(&example(1.0));
        assert_eq!((text.matches("met").count(), text.matches("MISSED").count()), (3, 0), "{text}");
    }
}
