//! `bench fleet`: the memory of all programs of the fleet, and how soon they handle their first event.

use crate::{
    clock::{self, Stopwatch},
    command::FleetArguments,
    ending,
    load::{self, Load},
    machine::Machine,
    place,
    programs::{self, Programs},
    screen,
    servers::Servers,
    spread::Spread,
    target::Target,
    usage::{self, MemoryWatch},
};
use anyhow::Context;
use domain::{collection::Kind, event::Topic};
use ports::{Documents, EventLog, Record};
use reqwest::Client;
use serde::Serialize;
use std::{path::Path, time::Duration};

/// The most that is resident of all programs under load, in MiB.
const MOST_MIB: f64 = 200.0;
/// The longest from the programs' start until the first event is handled, in seconds.
const LONGEST_TO_FIRST_EVENT_S: f64 = 3.0;
/// How long they are left alone before their memory counts.
const SETTLE: Duration = Duration::from_secs(3);
/// How often the first event's effect is looked for: the error of its time.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// An event that is not handled after so many seconds never will be.
const PATIENCE_SECONDS: f64 = 60.0;
/// The video that the first event tells of.
const FIRST: &str = "vod-0123456789ab";
/// The event, as the original pipeline's producer sends it.
const FIRST_EVENT: &str = r#"{"stream_id":"vod-0123456789ab","chunk_index":0,"sequence_number":0,"timestamp":1767323045.678,"size_bytes":52428800,"stream_type":"vod","status":"uploaded","checksum":"9e107d9d372bb6826bd81d3542a419d6","duration_ms":1000,"keyframe_aligned":true,"audio_track_id":"audio-en","video_track_id":"video-main","resolution":"256x144","title":"Pilot","raw_path":"/vod-raw/vod-0123456789ab/raw/0.ts"}"#;

/// One start, rest and load.
#[derive(Debug, Clone, Serialize)]
struct Run {
    /// From the programs' start until the first event was handled, in seconds.
    first_event_s: f64,
    /// From the programs' start until the last was ready, in seconds.
    ready_s: f64,
    /// What is resident of each program at rest, in MiB.
    rest_mib: Vec<(String, f64)>,
    /// What is resident of each program at the end of the load, in MiB.
    load_mib: Vec<(String, f64)>,
    /// The most that was resident of all together under load, in MiB.
    load_peak_mib: f64,
    load: Load,
}

#[derive(Debug, Serialize)]
struct Report {
    /// `fleet`.
    bench: &'static str,
    machine: Machine,
    programs: Vec<String>,
    first_event_s: Spread,
    ready_s: Spread,
    rest_mib: Spread,
    load_peak_mib: Spread,
    targets: Vec<Target>,
    runs: Vec<Run>,
}

/// Measures, prints, and says whether the exit code is to be a success.
pub(crate) async fn run(arguments: &FleetArguments) -> anyhow::Result<bool> {
    let (machine, place) = (Machine::look()?, place::work()?);
    let mut runs = Vec::new();
    for round in 1..=arguments.common.runs {
        let run = once(&place, arguments).await?;
        screen::note(&format!(
            "round {round} of {}: first event after {:.2} s, {:.0} MiB at rest, {:.0} MiB under {:.0} uploads/s",
            arguments.common.runs,
            run.first_event_s,
            total(&run.rest_mib),
            run.load_peak_mib,
            run.load.per_second
        ));
        runs.push(run);
    }
    let report = Report::new(machine, runs);
    ending::publish(&arguments.common.output, &table(&report), &report, &report.targets)
}

async fn once(place: &Path, arguments: &FleetArguments) -> anyhow::Result<Run> {
    let (client, servers) = (Client::new(), Servers::from_environment()?);
    let log = servers.log("bench", "bench").await?;
    let catalog = servers.catalog().await?;
    let record =
        Record { key: FIRST.to_owned(), payload: Some(FIRST_EVENT.as_bytes().to_vec()), headers: Vec::new() };
    log.publish(Topic::VodChunks, record).await.context("publishing the first event")?;
    let began = Stopwatch::start();
    let mut fleet = Programs::start(place, servers, &programs::all())?;
    let (first_event_s, (addresses, ready_s)) =
        tokio::try_join!(handled(&catalog, began), fleet.ready(&client))?;
    clock::pause(SETTLE).await;
    let rest_mib = resident(&fleet);
    let ids = fleet.processes().into_iter().map(|(_, id)| id).collect();
    let memory = MemoryWatch::begin_own(ids);
    let length = Duration::from_secs(arguments.seconds.into());
    let load = load::uploads(&addresses[0], arguments.clients, length).await?;
    let (load_mib, load_peak_mib) = (resident(&fleet), memory.peak_mib());
    fleet.stop().await?;
    Ok(Run { first_event_s, ready_s, rest_mib, load_mib, load_peak_mib, load })
}

async fn handled(catalog: &mongo::Catalog, began: Stopwatch) -> anyhow::Result<f64> {
    while catalog.get(Kind::Video, FIRST).await?.is_none() {
        anyhow::ensure!(began.seconds() < PATIENCE_SECONDS, "the first event is not handled");
        clock::pause(LOOK_EVERY).await;
    }
    Ok(began.seconds())
}

fn resident(fleet: &Programs) -> Vec<(String, f64)> {
    fleet.processes().into_iter().map(|(name, id)| (name, usage::own_resident_mib(id))).collect()
}

fn total(resident: &[(String, f64)]) -> f64 {
    resident.iter().map(|(_, mib)| mib).sum()
}

impl Report {
    fn new(machine: Machine, runs: Vec<Run>) -> Self {
        let spread = |value: fn(&Run) -> f64| Spread::of(runs.iter().map(value));
        let first_event_s = spread(|run| run.first_event_s);
        let load_peak_mib = spread(|run| run.load_peak_mib);
        Self {
            bench: "fleet",
            machine,
            programs: runs
                .first()
                .into_iter()
                .flat_map(|run| &run.rest_mib)
                .map(|(name, _)| name.clone())
                .collect(),
            ready_s: spread(|run| run.ready_s),
            rest_mib: spread(|run| total(&run.rest_mib)),
            targets: vec![
                Target::at_most("first_event_s", first_event_s.median, LONGEST_TO_FIRST_EVENT_S, " s"),
                Target::at_most("load_peak_mib", load_peak_mib.median, MOST_MIB, " MiB"),
            ],
            first_event_s,
            load_peak_mib,
            runs,
        }
    }
}

fn table(report: &Report) -> String {
    let mut text = format!(
        "\n{} programs of the fleet, without what they start. Rounds: {}; medians count.\n\n",
        report.programs.len(),
        report.runs.len()
    );
    let row = |name: &str, value: String, verdict: &str| {
        format!("{}\n", format!("{name:<34}{value:>12}   {verdict}").trim_end())
    };
    let (first, memory) = (&report.targets[0], &report.targets[1]);
    let seconds = |spread: Spread| format!("{:.2} s", spread.median);
    let mib = |spread: Spread| format!("{:.1} MiB", spread.median);
    text.push_str(&row("Start to first event handled", seconds(report.first_event_s), &first.verdict()));
    text.push_str(&row("Start to all ready", seconds(report.ready_s), ""));
    text.push_str(&row("Memory at rest", mib(report.rest_mib), ""));
    text.push_str(&each(report, |run| &run.rest_mib));
    text.push_str(&row("Memory under load, at most", mib(report.load_peak_mib), &memory.verdict()));
    text.push_str(&each(report, |run| &run.load_mib));
    text.push_str(&report.machine.caution());
    text
}

/// Each program's own, at the end of a phase.
fn each(report: &Report, phase: fn(&Run) -> &Vec<(String, f64)>) -> String {
    let of = |number: usize| Spread::of(report.runs.iter().map(|run| phase(run)[number].1));
    let line = |(number, name): (usize, &String)| format!("  {name:<32}{:>8.1} MiB\n", of(number).median);
    report.programs.iter().enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::percentiles::Percentiles;
    use std::collections::BTreeMap;

    #[test]
    fn the_table_fits_a_terminal_and_says_what_is_missed() {
        let mib: Vec<(String, f64)> = programs::all()
            .into_iter()
            .chain(["transcode-worker"])
            .map(|name| (name.to_owned(), 1234.5))
            .collect();
        let load = Load { per_second: 1.0, answers: Percentiles::of([]), errors: BTreeMap::new() };
        let run = Run {
            first_event_s: 31.7,
            ready_s: 30.0,
            rest_mib: mib.clone(),
            load_mib: mib,
            load_peak_mib: 1424.0,
            load,
        };
        let machine = Machine { cores: 2, processor: "x".to_owned(), load_before: 0.0 };
        let text = table(&Report::new(machine, vec![run]));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.matches("MISSED").count(), 2, "{text}");
    }

    #[test]
    fn the_first_event_is_one_that_services_read() {
        let event = domain::event::decode(FIRST_EVENT.as_bytes()).unwrap();
        let domain::event::Event::Announced(announced) = event.event else { panic!("{event:?}") };
        assert_eq!(announced.stream_id.as_str(), FIRST);
    }
}
