//! `bench idle`: start to ready, and memory with nothing to do.

use crate::{
    clock, command::IdleArguments, ending, machine::Machine, place, screen, spread::Spread,
    standalone::Standalone, target::Target, usage,
};
use serde::Serialize;
use std::{path::Path, time::Duration};

/// How long it is left alone before its memory counts.
const SETTLE: Duration = Duration::from_secs(3);

/// One start.
#[derive(Debug, Clone, Serialize)]
struct Run {
    /// From the start of the process until it is ready, in seconds.
    ready_s: f64,
    /// Resident after it was left alone, children included, in MiB.
    idle_rss_mb: f64,
    /// CPU time until then, in seconds.
    cpu_s: f64,
}

#[derive(Debug, Serialize)]
struct Report {
    /// `idle`.
    bench: &'static str,
    machine: Machine,
    ready_s: f64,
    idle_rss_mb: f64,
    ready: Spread,
    idle_rss: Spread,
    targets: Vec<Target>,
    runs: Vec<Run>,
}

/// Measures, prints, and says whether the exit code is to be a success.
pub(crate) async fn run(arguments: &IdleArguments) -> anyhow::Result<bool> {
    let common = &arguments.common;
    let machine = Machine::look()?;
    let place = place::work()?;
    let client = reqwest::Client::new();
    let mut runs = Vec::new();
    for round in 1..=common.runs {
        runs.push(once(&place, &client).await?);
        screen::note(&format!("start {round} of {} done", common.runs));
    }
    let report = report(machine, runs);
    ending::publish(&common.output, &table(&report), &report, &report.targets)
}

async fn once(place: &Path, client: &reqwest::Client) -> anyhow::Result<Run> {
    let standalone = Standalone::start(place, client).await?;
    clock::pause(SETTLE).await;
    let run = Run {
        ready_s: standalone.ready_s,
        idle_rss_mb: usage::resident_mib(standalone.id()),
        cpu_s: usage::cpu_seconds(standalone.id())?,
    };
    standalone.stop().await?;
    Ok(run)
}

fn report(machine: Machine, runs: Vec<Run>) -> Report {
    let ready = Spread::of(runs.iter().map(|run| run.ready_s));
    let idle_rss = Spread::of(runs.iter().map(|run| run.idle_rss_mb));
    let targets = vec![
        Target::at_most("ready_s", ready.median, 2.0, " s"),
        Target::at_most("idle_rss_mb", idle_rss.median, 100.0, " MiB"),
    ];
    Report {
        bench: "idle",
        machine,
        ready_s: ready.median,
        idle_rss_mb: idle_rss.median,
        ready,
        idle_rss,
        targets,
        runs,
    }
}

fn table(report: &Report) -> String {
    let row = |name: &str, unit: &str, spread: Spread, target: &Target| {
        let Spread { min, median, max } = spread;
        format!(
            "{name:<22}{median:>9.2} {unit:<4}{:>21}   {}\n",
            format!("({min:.2} to {max:.2})"),
            target.verdict()
        )
    };
    let mut text =
        format!("Standalone with nothing to do. Starts: {}; medians count.\n\n", report.runs.len());
    text.push_str(&row("Start to ready", "s", report.ready, &report.targets[0]));
    text.push_str(&row("Memory when idle", "MiB", report.idle_rss, &report.targets[1]));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_fits_a_terminal() {
        let machine = Machine { cores: 2, processor: "x".to_owned(), load_before: 0.0 };
        let runs = vec![Run { ready_s: 12.345, idle_rss_mb: 12_345.678, cpu_s: 1.0 }];
        let text = table(&report(machine, runs));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.matches("MISSED").count(), 2, "{text}");
    }
}
