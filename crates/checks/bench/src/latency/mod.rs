//! `bench latency`: from a job's insertion to its claim.

mod desk;
mod table;

use crate::{
    clock,
    command::LatencyArguments,
    ending,
    ground::{Ground, On},
    machine::Machine,
    percentiles::Percentiles,
    place, screen,
    target::Target,
};
use desk::{Ask, Desk};
use serde::Serialize;
use std::{path::Path, time::Duration};

/// The longest that half of the jobs wait, in milliseconds.
const LONGEST_P50_MS: f64 = 20.0;
/// The longest that 99 of 100 jobs wait, in milliseconds.
const LONGEST_P99_MS: f64 = 100.0;
/// Between two jobs that are timed; no multiple of what the worker's own looks are apart, so that they come at any moment
/// between two of them.
const APART: Duration = Duration::from_millis(37);

/// Everything that the JSON holds.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// `latency`.
    pub(crate) bench: &'static str,
    pub(crate) machine: Machine,
    pub(crate) queued: u32,
    pub(crate) sides: Vec<Side>,
    pub(crate) targets: Vec<Target>,
}

/// One set of adapters.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Side {
    pub(crate) on: On,
    /// Insertion to claim, by an idle worker, with nothing else in the queue.
    pub(crate) idle: Percentiles,
    /// Insertion to claim of what a viewer waits for, by a busy worker, with jobs in the queue.
    pub(crate) queued: Percentiles,
    /// One encode's end to the next one's beginning, while the queue is worked off.
    pub(crate) between: Percentiles,
}

/// Measures, prints, and says whether the exit code is to be a success.
pub(crate) async fn run(arguments: &LatencyArguments) -> anyhow::Result<bool> {
    let (machine, place) = (Machine::look()?, place::work()?);
    let mut sides = Vec::new();
    for on in arguments.on.all() {
        sides.push(side(on, arguments, &place).await?);
    }
    let targets = sides.iter().flat_map(targets).collect();
    let report = Report { bench: "latency", machine, queued: arguments.queued, sides, targets };
    ending::publish(&arguments.output, &table::of(&report), &report, &report.targets)
}

async fn side(on: On, arguments: &LatencyArguments, place: &Path) -> anyhow::Result<Side> {
    let ground = Ground::open(on, place)?;
    let said = |what: &str, measured: &Percentiles| {
        let Percentiles { p50_ms, p99_ms, .. } = measured;
        screen::note(&format!("{}, {what}: p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms", on.name()));
    };
    let idle = idle(&ground, place, arguments.samples).await?;
    said("nothing queued", &idle);
    let queued = queued(&ground, place, arguments).await?;
    said("jobs queued", &queued);
    let between = between(&ground, place, arguments.queued).await?;
    said("between two encodes", &between);
    Ok(Side { on, idle, queued, between })
}

async fn idle(ground: &Ground, place: &Path, samples: u32) -> anyhow::Result<Percentiles> {
    let mut desk = Desk::open(ground, place).await?;
    desk.work();
    let seconds = timed(&desk, Ask::Short, samples).await?;
    desk.close().await?;
    Ok(Percentiles::of(seconds))
}

async fn queued(ground: &Ground, place: &Path, arguments: &LatencyArguments) -> anyhow::Result<Percentiles> {
    let mut desk = Desk::open(ground, place).await?;
    // The worker's one ordinary place takes one of them.
    desk.insert(Ask::Endless, arguments.queued + 1).await?;
    desk.work();
    desk.until_queued(arguments.queued.into()).await?;
    let seconds = timed(&desk, Ask::Wanted, arguments.samples).await?;
    desk.close().await?;
    Ok(Percentiles::of(seconds))
}

async fn between(ground: &Ground, place: &Path, jobs: u32) -> anyhow::Result<Percentiles> {
    let mut desk = Desk::open(ground, place).await?;
    desk.insert(Ask::Later, jobs).await?;
    desk.work();
    desk.made(jobs as usize).await?;
    let encodes = desk.encodes();
    desk.close().await?;
    Ok(Percentiles::of(encodes.windows(2).map(|pair| pair[1].from_s - pair[0].to_s)))
}

/// One job after the other, each inserted when the one before is settled.
async fn timed(desk: &Desk<'_>, ask: Ask, samples: u32) -> anyhow::Result<Vec<f64>> {
    // The first ones open connections.
    let unheard = (samples / 10).clamp(1, 5);
    let mut seconds = Vec::new();
    for _ in 0..unheard + samples {
        clock::pause(APART).await;
        seconds.push(desk.claimed_after(ask).await?);
    }
    Ok(seconds.split_off(unheard as usize))
}

fn targets(side: &Side) -> Vec<Target> {
    let target =
        |name: &str, value, limit| Target::at_most(format!("{}_{name}", side.on.key()), value, limit, " ms");
    vec![
        target("idle_p50_ms", side.idle.p50_ms, LONGEST_P50_MS),
        target("idle_p99_ms", side.idle.p99_ms, LONGEST_P99_MS),
        target("queued_p50_ms", side.queued.p50_ms, LONGEST_P50_MS),
        target("queued_p99_ms", side.queued.p99_ms, LONGEST_P99_MS),
    ]
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn example() -> Report {
        let of = |seconds: f64| Percentiles::of([seconds]);
        let side = Side { on: On::Servers, idle: of(0.01), queued: of(12.345), between: of(0.01) };
        Report {
            bench: "latency",
            machine: Machine { cores: 2, processor: "x".to_owned(), load_before: 0.0 },
            queued: 200,
            targets: targets(&side),
            sides: vec![side],
        }
    }

    #[test]
    fn both_queues_are_held_to_both_limits() {
        let met: Vec<bool> = example().targets.iter().map(|target| target.met).collect();
        assert_eq!(met, [true, true, false, false]);
    }
}
