//! `bench live`: from a live segment's event to its playlist, and what the live side holds and keeps.

mod audience;
pub(crate) mod channel;
mod collector;
mod encoders;
mod ending;
mod footage;
mod hour;
mod load;
mod offer;
mod product;
mod station;
mod sustain;
mod table;
mod watched;

pub(crate) use offer::Offered;

use crate::{
    command::LiveArguments, ending as finish, ground::On, machine::Machine, place, screen, target::Target,
};
use ending::Ending;
use hour::Hour;
use load::Load;
use product::Product;
use serde::Serialize;
use std::path::Path;
use sustain::Sustained;
use watched::Watched;

/// At this rate half of the segments are to be seen after so many milliseconds.
const P50: (u32, f64) = (100, 10.0);
/// At these rates 99 of 100 segments are.
const P99: [(u32, f64); 2] = [(100, 50.0), (1000, 250.0)];
/// The most that memory may grow in an hour, in MiB: what allocators and caches of files move about.
const MOST_GROWTH_MIB: f64 = 8.0;
/// The longest until a recording is served, in seconds.
const LONGEST_SERVED_S: f64 = 2.0;
/// The most that being watched may cost, in percent of the CPU time for a segment.
const MOST_TO_BE_WATCHED: f64 = 5.0;

/// Everything that the JSON holds.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// `live`.
    bench: &'static str,
    machine: Machine,
    seconds: u32,
    sides: Vec<Side>,
    targets: Vec<Target>,
}

/// One set of adapters; what was not asked for is empty.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Side {
    on: On,
    loads: Vec<Load>,
    sustained: Option<Sustained>,
    hour: Option<Hour>,
    ending: Option<Ending>,
    watched: Option<Watched>,
}

/// Measures, prints, and says whether the exit code is to be a success.
pub(crate) async fn run(arguments: &LiveArguments) -> anyhow::Result<bool> {
    let (machine, place) = (Machine::look()?, place::work()?);
    let mut sides = Vec::new();
    for on in arguments.on.all() {
        sides.push(side(on, arguments, &place).await?);
    }
    let targets = sides.iter().flat_map(Side::targets).collect();
    let report = Report { bench: "live", machine, seconds: arguments.seconds, sides, targets };
    finish::publish(&arguments.output, &table::of(&report), &report, &report.targets)
}

async fn side(on: On, arguments: &LiveArguments, place: &Path) -> anyhow::Result<Side> {
    let LiveArguments { sustain, hour, ending, watched, .. } = *arguments;
    let mut side = Side { on, loads: Vec::new(), sustained: None, hour: None, ending: None, watched: None };
    if !(sustain || hour || ending || watched) {
        side.loads = loads(on, arguments, place).await?;
    }
    if sustain {
        side.sustained = Some(sustain::find(on, place).await?);
    }
    if hour {
        let hour = hour::run(on, place, arguments.hour_streams, arguments.hour_segments);
        side.hour = Some(hour.await?);
    }
    if ending {
        side.ending = Some(ending::run(on, place, arguments.ending_segments).await?);
    }
    if watched {
        side.watched = Some(watched::run(on, place, arguments.watched_rounds).await?);
    }
    Ok(side)
}

async fn loads(on: On, arguments: &LiveArguments, place: &Path) -> anyhow::Result<Vec<Load>> {
    let product = Product::start(on, place).await?;
    let mut loads = Vec::new();
    for &offered in &arguments.loads {
        let load = load::run(&product, offered, arguments.seconds).await?;
        let latency = load.latency;
        screen::note(&format!(
            "{}, {offered}: p50 {:.1} ms, p99 {:.1} ms",
            on.name(),
            latency.p50_ms,
            latency.p99_ms
        ));
        loads.push(load);
    }
    product.stop().await?;
    Ok(loads)
}

impl Side {
    fn targets(&self) -> Vec<Target> {
        let named = |figure: &str| format!("{}_{figure}", self.on.key());
        let mut targets = Vec::new();
        for Load { offered, latency, .. } in &self.loads {
            if let Some((rate, limit)) = Some(P50).filter(|(rate, _)| *rate == offered.rate) {
                targets.push(Target::at_most(named(&format!("{rate}_p50_ms")), latency.p50_ms, limit, " ms"));
            }
            if let Some((rate, limit)) = P99.into_iter().find(|(rate, _)| *rate == offered.rate) {
                targets.push(Target::at_most(named(&format!("{rate}_p99_ms")), latency.p99_ms, limit, " ms"));
            }
        }
        if let Some(hour) = &self.hour {
            let growth = hour.growth_mib;
            targets.push(Target::at_most(named("hour_growth_mib"), growth, MOST_GROWTH_MIB, " MiB"));
        }
        if let Some(ending) = &self.ending {
            let (all, served) = (f64::from(ending.segments), ending.served_s);
            targets.push(Target::at_most(named("ending_served_s"), served, LONGEST_SERVED_S, " s"));
            targets.push(Target::at_least(named("ending_answered"), ending.answered as f64, all, ""));
            let (decoded, sent) = (ending.pictures.into(), ending.pictures_sent.into());
            targets.push(Target::at_least(named("ending_pictures"), decoded, sent, ""));
        }
        if let Some(watched) = &self.watched {
            let more = watched.more_percent.median;
            targets.push(Target::at_most(named("watched_percent"), more, MOST_TO_BE_WATCHED, " %"));
        }
        targets
    }

    /// A target of this side, by what its name ends with.
    fn target<'a>(&self, targets: &'a [Target], figure: &str) -> Option<&'a Target> {
        let name = format!("{}_{figure}", self.on.key());
        targets.iter().find(|target| target.name == name)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{percentiles::Percentiles, spread::Spread};

    pub(crate) fn example() -> Report {
        let load = |rate, seconds: f64| Load {
            offered: Offered { rate, streams: 200 },
            published: 20_000,
            latency: Percentiles::of([seconds]),
            unseen: 0,
            behind_s: 0.1,
            cores: Some(0.123),
            resident_mib: Some(1234.5),
        };
        let hour = Hour {
            streams: 4,
            segments: 7200,
            per_second: 1234.5,
            cpu_s_per_1000: 1.234,
            resident_mib: vec![123.4; 10],
            growth_mib: 8.1,
        };
        let ending = Ending {
            segments: 10_000,
            served_s: 2.1,
            listed: 10_000,
            answered: 9_999,
            pictures: 49_999,
            pictures_sent: 50_000,
        };
        let watched = Watched {
            rounds: 10,
            segments: 1000,
            alone_ms: Spread::of([1.234]),
            watched_ms: Spread::of([1.3]),
            more_percent: Spread::of([-10.1, 5.1, 12.3]),
            spans: 6.0,
        };
        let side = Side {
            on: On::Servers,
            loads: vec![load(1, 0.004), load(100, 0.02), load(1000, 0.3)],
            sustained: Some(Sustained { held: load(2500, 0.3), tried: vec![(500, true), (1000, true)] }),
            hour: Some(hour),
            ending: Some(ending),
            watched: Some(watched),
        };
        Report {
            bench: "live",
            machine: Machine { cores: 2, processor: "x".to_owned(), load_before: 0.0 },
            seconds: 20,
            targets: side.targets(),
            sides: vec![side],
        }
    }

    #[test]
    fn loads_are_held_to_the_limits_of_their_rates() {
        let report = example();
        let found: Vec<_> = report.targets.iter().map(|target| (target.name.as_str(), target.met)).collect();
        let expected = [
            ("servers_100_p50_ms", false),
            ("servers_100_p99_ms", true),
            ("servers_1000_p99_ms", false),
            ("servers_hour_growth_mib", false),
            ("servers_ending_served_s", false),
            ("servers_ending_answered", false),
            ("servers_ending_pictures", false),
            ("servers_watched_percent", false),
        ];
        assert_eq!(found, expected);
    }
}
