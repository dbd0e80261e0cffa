//! `bench coordination`: what it costs that several workers share one queue.

mod race;
mod table;

use crate::{
    command::CoordinationArguments,
    ending,
    ground::{Ground, On},
    machine::Machine,
    place, screen,
    spread::Spread,
    target::Target,
};
use race::{Course, Finish};
use serde::Serialize;
use std::{collections::BTreeMap, path::Path, time::Duration};

/// The least that so many workers are faster than one.
const LEAST_SPEEDUPS: [(usize, f64); 3] = [(2, 1.9), (4, 3.6), (16, 14.0)];

/// Everything that the JSON holds.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// `coordination`.
    pub(crate) bench: &'static str,
    pub(crate) machine: Machine,
    /// Jobs in the queue.
    pub(crate) jobs: u32,
    /// What one of them waits, in milliseconds.
    pub(crate) wait_ms: u64,
    pub(crate) runs: u32,
    pub(crate) side: Side,
    pub(crate) targets: Vec<Target>,
}

/// One set of adapters.
#[derive(Debug, Serialize)]
pub(crate) struct Side {
    pub(crate) on: On,
    pub(crate) rows: Vec<Row>,
}

/// So many workers.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) workers: usize,
    /// From the workers' start at a full queue until every video is ready, in seconds.
    pub(crate) wall: Spread,
    /// From the last encode's end until every video is ready, in seconds: part of `wall`.
    pub(crate) tail: Spread,
    /// How many times faster than one worker.
    pub(crate) speedup: f64,
    /// The share of the workers' time in which they did not wait as they would encode.
    pub(crate) lost: f64,
}

/// Measures, prints, and says whether the exit code is to be a success.
pub(crate) async fn run(arguments: &CoordinationArguments) -> anyhow::Result<bool> {
    let (machine, place) = (Machine::look()?, place::work()?);
    let course = Course::of(arguments.jobs, Duration::from_millis(arguments.wait_ms));
    let on = arguments.on.unwrap_or_else(|| On::of(None)[0]);
    let side = side(on, arguments, course, &place).await?;
    let (jobs, wait_ms, runs) = (course.jobs(), arguments.wait_ms, arguments.runs);
    let targets = targets(&side);
    let report = Report { bench: "coordination", machine, jobs, wait_ms, runs, side, targets };
    ending::publish(&arguments.output, &table::of(&report), &report, &report.targets)
}

async fn side(
    on: On,
    arguments: &CoordinationArguments,
    course: Course,
    place: &Path,
) -> anyhow::Result<Side> {
    let mut finishes: BTreeMap<usize, Vec<Finish>> = BTreeMap::new();
    for round in 1..=arguments.runs {
        for &workers in &arguments.workers {
            let ground = Ground::open(on, place)?;
            let finish = race::run(&ground, course, workers, place).await?;
            screen::note(&format!(
                "{}, round {round} of {}: {} jobs by {workers} worker(s) in {:.2} s",
                on.name(),
                arguments.runs,
                course.jobs(),
                finish.wall_s
            ));
            finishes.entry(workers).or_default().push(finish);
        }
    }
    Ok(Side { on, rows: rows(&finishes, course) })
}

fn rows(finishes: &BTreeMap<usize, Vec<Finish>>, course: Course) -> Vec<Row> {
    let wall = |finishes: &[Finish]| Spread::of(finishes.iter().map(|finish| finish.wall_s));
    let alone = finishes.get(&1).map(|finishes| wall(finishes).median);
    let row = |(&workers, finishes): (&usize, &Vec<Finish>)| {
        let (wall, tail) = (wall(finishes), Spread::of(finishes.iter().map(|finish| finish.tail_s)));
        let speedup = alone.map_or(f64::NAN, |alone| alone / wall.median);
        let lost = 1.0 - course.seconds() / (workers as f64 * wall.median);
        Row { workers, wall, tail, speedup, lost }
    };
    finishes.iter().map(row).collect()
}

fn targets(side: &Side) -> Vec<Target> {
    let target = |&(workers, least): &(usize, f64)| {
        let row = side.rows.iter().find(|row| row.workers == workers && row.speedup.is_finite())?;
        Some(Target::at_least(target_name(side.on, workers), row.speedup, least, "x"))
    };
    LEAST_SPEEDUPS.iter().filter_map(target).collect()
}

fn target_name(on: On, workers: usize) -> String {
    format!("{}_speedup_{workers}", on.key())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn finish(wall_s: f64) -> Vec<Finish> {
        vec![Finish { wall_s, tail_s: 0.1 }]
    }

    pub(crate) fn example() -> Report {
        let course = Course::of(32, Duration::from_millis(1000));
        let finishes = BTreeMap::from([(1, finish(33.0)), (2, finish(17.0)), (16, finish(3.0))]);
        let side = Side { on: On::Servers, rows: rows(&finishes, course) };
        Report {
            bench: "coordination",
            machine: Machine { cores: 2, processor: "x".to_owned(), load_before: 0.0 },
            jobs: course.jobs(),
            wait_ms: 1000,
            runs: 1,
            targets: targets(&side),
            side,
        }
    }

    #[test]
    fn speedups_are_held_against_one_worker() {
        let report = example();
        let met: Vec<(&str, bool)> =
            report.targets.iter().map(|target| (target.name.as_str(), target.met)).collect();
        assert_eq!(met, [("servers_speedup_2", true), ("servers_speedup_16", false)]);
        assert!((report.side.rows[2].lost - (1.0 - 32.0 / 48.0)).abs() < 1e-9);
    }

    #[test]
    fn without_one_worker_there_is_no_speedup() {
        let course = Course::of(32, Duration::from_millis(1000));
        let rows = rows(&BTreeMap::from([(2, finish(17.0))]), course);
        assert!(targets(&Side { on: On::Embedded, rows }).is_empty());
    }
}
