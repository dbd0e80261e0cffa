//! `bench workers`: real encodes by two worker processes, beside one.

use crate::{
    api,
    clock::Stopwatch,
    command::WorkersArguments,
    ending,
    machine::Machine,
    made, place,
    programs::{self, Programs},
    screen,
    servers::Servers,
    spread::Spread,
    target::Target,
    usage,
};
use reqwest::Client;
use serde::Serialize;
use std::path::Path;

/// The most time and CPU that two may take of what one takes: within what two runs of the same differ by.
const MOST_RATIO: f64 = 1.05;

/// One upload until its video is ready.
#[derive(Debug, Clone, Serialize)]
struct Run {
    /// From the upload's first byte, in seconds.
    wall_s: f64,
    /// CPU time of all programs and their children meanwhile, in seconds.
    cpu_s: f64,
}

#[derive(Debug, Serialize)]
struct Report {
    /// `workers`.
    bench: &'static str,
    machine: Machine,
    wall_ratio: f64,
    cpu_ratio: f64,
    one: Side,
    two: Side,
    targets: Vec<Target>,
}

/// So many workers over all rounds.
#[derive(Debug, Serialize)]
struct Side {
    wall_s: Spread,
    cpu_s: Spread,
    runs: Vec<Run>,
}

/// Measures, prints, and says whether the exit code is to be a success.
pub(crate) async fn run(arguments: &WorkersArguments) -> anyhow::Result<bool> {
    let (machine, place) = (Machine::look()?, place::work()?);
    let source = made::source(&place, arguments.size, arguments.seconds).await?;
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for round in 1..=arguments.common.runs {
        for (workers, runs) in [(1, &mut one), (2, &mut two)] {
            let run = once(&place, &source, workers).await?;
            screen::note(&format!(
                "round {round} of {}: {workers} worker(s), ready after {:.1} s, {:.1} s of CPU",
                arguments.common.runs, run.wall_s, run.cpu_s
            ));
            runs.push(run);
        }
    }
    let report = Report::new(machine, Side::new(one), Side::new(two));
    ending::publish(&arguments.common.output, &table(&report, arguments), &report, &report.targets)
}

async fn once(place: &Path, source: &Path, workers: usize) -> anyhow::Result<Run> {
    let client = Client::new();
    let mut wanted = vec![programs::API, "vod-processor"];
    wanted.extend(std::iter::repeat_n("transcode-worker", workers));
    let mut fleet = Programs::start(place, Servers::from_environment()?, &wanted)?;
    let (addresses, _) = fleet.ready(&client).await?;
    let cpu_before = cpu_seconds(&fleet)?;
    let began = Stopwatch::start();
    let stream = api::upload(&client, &addresses[0], source).await?;
    api::until_ready(&client, &addresses[0], &stream).await?;
    let run = Run { wall_s: began.seconds(), cpu_s: cpu_seconds(&fleet)? - cpu_before };
    fleet.stop().await?;
    Ok(run)
}

fn cpu_seconds(fleet: &Programs) -> anyhow::Result<f64> {
    fleet.processes().into_iter().map(|(_, id)| usage::cpu_seconds(id)).sum()
}

impl Side {
    fn new(runs: Vec<Run>) -> Self {
        let spread = |value: fn(&Run) -> f64| Spread::of(runs.iter().map(value));
        Self { wall_s: spread(|run| run.wall_s), cpu_s: spread(|run| run.cpu_s), runs }
    }
}

impl Report {
    fn new(machine: Machine, one: Side, two: Side) -> Self {
        let wall_ratio = two.wall_s.median / one.wall_s.median;
        let cpu_ratio = two.cpu_s.median / one.cpu_s.median;
        let targets = vec![
            Target::at_most("wall_ratio", wall_ratio, MOST_RATIO, "x"),
            Target::at_most("cpu_ratio", cpu_ratio, MOST_RATIO, "x"),
        ];
        Self { bench: "workers", machine, wall_ratio, cpu_ratio, one, two, targets }
    }
}

fn table(report: &Report, arguments: &WorkersArguments) -> String {
    let (width, height) = arguments.size;
    let seconds = |spread: Spread| format!("{:.2} s", spread.median);
    let row = |name: &str, one: Spread, two: Spread, ratio: f64, verdict: &str| {
        let line = format!("{name:<12}{:>14}{:>14}{ratio:>11.3}x   {verdict}", seconds(one), seconds(two));
        format!("{}\n", line.trim_end())
    };
    let mut text = format!(
        "\nA made source of {width}x{height}, {} s: upload to ready. Cores: {}.\nMedians of {} rounds.\n\n",
        arguments.seconds,
        report.machine.cores,
        report.one.runs.len()
    );
    text.push_str(&format!(
        "{:<12}{:>14}{:>14}{:>12}   target\n",
        "", "one worker", "two workers", "compared"
    ));
    let (one, two) = (&report.one, &report.two);
    text.push_str(&row("Wall time", one.wall_s, two.wall_s, report.wall_ratio, &report.targets[0].verdict()));
    text.push_str(&row("CPU time", one.cpu_s, two.cpu_s, report.cpu_ratio, &report.targets[1].verdict()));
    text.push_str(&report.machine.caution());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Bench, Command};
    use clap::Parser;

    #[test]
    fn the_table_fits_a_terminal_and_says_what_is_missed() {
        let side = |wall_s| Side::new(vec![Run { wall_s, cpu_s: 2.0 * wall_s }]);
        let machine = Machine { cores: 2, processor: "x".to_owned(), load_before: 0.0 };
        let report = Report::new(machine, side(1000.0), side(1200.0));
        let Bench::Workers(arguments) = Command::parse_from(["bench", "workers"]).bench else { panic!() };
        let text = table(&report, &arguments);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.matches("MISSED").count(), 2, "{text}");
    }
}
