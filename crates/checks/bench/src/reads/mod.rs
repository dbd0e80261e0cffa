//! `bench reads`: a live playlist, and `GET /streams/{id}/live`, read by wrk.

mod stage;
mod wrk;

use crate::{
    command::ReadsArguments, cores, ending, ground::On, machine::Machine, place, screen, spread::Spread,
    target::Target,
};
use anyhow::Context;
use serde::Serialize;
use stage::Stage;
use std::path::Path;
use wrk::{Read, Wrk};

/// The least playlists a second from one core.
const LEAST_PLAYLISTS: f64 = 20_000.0;
/// The longest that 99 of 100 readers of a playlist wait, in milliseconds.
const LONGEST_P99_MS: f64 = 5.0;
/// The least answers a second of `GET /streams/{id}/live` from one core.
const LEAST_VIEWS: f64 = 10_000.0;
/// With many segments in the catalog it is as fast as with few, but for what one run differs from the next.
const LEAST_RATIO: f64 = 0.9;

/// Everything that the JSON holds.
#[derive(Debug, Serialize)]
struct Report {
    /// `reads`.
    bench: &'static str,
    machine: Machine,
    connections: u32,
    seconds: u32,
    few: u32,
    many: u32,
    sides: Vec<Side>,
    targets: Vec<Target>,
}

/// One way to run the product.
#[derive(Debug, Serialize)]
struct Side {
    on: On,
    /// With few segments in the catalog, then with many.
    playlists: [Measured; 2],
    /// `GET /streams/{id}/live`, likewise.
    views: [Measured; 2],
}

/// One address.
#[derive(Debug, Serialize)]
struct Measured {
    per_second: Spread,
    p99_ms: Spread,
    errors: u64,
    runs: Vec<Read>,
}

/// Measures, prints, and says whether the exit code is to be a success.
pub(crate) async fn run(arguments: &ReadsArguments) -> anyhow::Result<bool> {
    let (machine, work) = (Machine::look()?, place::work()?);
    let mut sides = Vec::new();
    for on in arguments.on.all() {
        sides.push(side(on, arguments, &work).await?);
    }
    let report = Report {
        bench: "reads",
        machine,
        connections: arguments.connections,
        seconds: arguments.seconds,
        few: arguments.few,
        many: arguments.many,
        targets: sides.iter().flat_map(Side::targets).collect(),
        sides,
    };
    ending::publish(&arguments.common.output, &table(&report), &report, &report.targets)
}

async fn side(on: On, arguments: &ReadsArguments, work: &Path) -> anyhow::Result<Side> {
    let (mut playlists, mut views) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for round in 1..=arguments.common.runs {
        // By turns, so that what changes on the machine meanwhile befalls both.
        for (place, segments) in [arguments.few, arguments.many].into_iter().enumerate() {
            let (playlist, view) = once(on, arguments, work, segments).await?;
            screen::note(&format!(
                "{}, {segments} segments, round {round} of {}: {:.0} playlists/s, p99 {:.1} ms; {:.0} views/s",
                name(on),
                arguments.common.runs,
                playlist.per_second,
                playlist.p99_ms,
                view.per_second
            ));
            playlists[place].push(playlist);
            views[place].push(view);
        }
    }
    Ok(Side { on, playlists: playlists.map(Measured::of), views: views.map(Measured::of) })
}

async fn once(
    on: On,
    arguments: &ReadsArguments,
    work: &Path,
    segments: u32,
) -> anyhow::Result<(Read, Read)> {
    let cores = cores::allowed()?;
    let [server, client] = cores.first_chunk().context("the program and wrk need a core each")?;
    let wrk = Wrk::find(*client, arguments.connections, arguments.seconds)?;
    let stage = Stage::set(on, work, segments, *server).await?;
    let playlist = wrk.read(&stage.playlist, work).await?;
    let view = wrk.read(&stage.view, work).await?;
    stage.strike().await?;
    Ok((playlist, view))
}

impl Measured {
    fn of(runs: Vec<Read>) -> Self {
        Self {
            per_second: Spread::of(runs.iter().map(|read| read.per_second)),
            p99_ms: Spread::of(runs.iter().map(|read| read.p99_ms)),
            errors: runs.iter().map(|read| read.errors).sum(),
            runs,
        }
    }
}

impl Side {
    fn targets(&self) -> [Target; 5] {
        let named = |figure: &str| format!("{}_{figure}", self.on.key());
        let ([playlist, _], [few, many]) = (&self.playlists, &self.views);
        let errors: u64 = self.playlists.iter().chain(&self.views).map(|measured| measured.errors).sum();
        let ratio = many.per_second.median / few.per_second.median;
        [
            Target::at_least(named("playlists"), playlist.per_second.median, LEAST_PLAYLISTS, "/s"),
            Target::at_most(named("playlists_p99_ms"), playlist.p99_ms.median, LONGEST_P99_MS, " ms"),
            Target::at_least(named("views"), many.per_second.median, LEAST_VIEWS, "/s"),
            Target::at_least(named("views_ratio"), ratio, LEAST_RATIO, "x"),
            Target::at_most(named("errors"), errors as f64, 0.0, ""),
        ]
    }
}

fn name(on: On) -> &'static str {
    match on {
        On::Servers => "the fleet's api",
        On::Embedded => "standalone",
    }
}

fn table(report: &Report) -> String {
    let Report { connections, seconds, few, many, .. } = report;
    let mut text = format!(
        "\nOne live stream, read for {seconds} s by wrk over {connections} connections; the program on one\ncore, \
         wrk on another. Medians of {} rounds.\n",
        report.sides.first().map_or(0, |side| side.views[0].runs.len())
    );
    for (side, targets) in report.sides.iter().zip(report.targets.chunks(5)) {
        let row = |what: &str, value: String, target: Option<&Target>| {
            let verdict = target.map(Target::verdict).unwrap_or_default();
            format!("{}\n", format!("  {what:<38}{value:>12}   {verdict}").trim_end())
        };
        let rate = |measured: &Measured| format!("{:.0} /s", measured.per_second.median);
        let p99 = |measured: &Measured| format!("{:.1} ms", measured.p99_ms.median);
        let [playlist, _] = &side.playlists;
        text.push_str(&format!("\n{} ({})\n", name(side.on), side.on.name()));
        text.push_str(&row("Live playlist", rate(playlist), Some(&targets[0])));
        text.push_str(&row("  p99", p99(playlist), Some(&targets[1])));
        text.push_str(&row(&format!("GET /streams/{{id}}/live, {few} segments"), rate(&side.views[0]), None));
        text.push_str(&row("  p99", p99(&side.views[0]), None));
        let [_, views] = &side.views;
        text.push_str(&row(&format!("  with {many} segments"), rate(views), Some(&targets[2])));
        text.push_str(&row("  p99", p99(views), None));
        let ratio = format!("{:.2}x", targets[3].value);
        text.push_str(&row(&format!("  {many} segments against {few}"), ratio, Some(&targets[3])));
        text.push_str(&row("Errors", format!("{:.0}", targets[4].value), Some(&targets[4])));
    }
    text.push_str(&report.machine.caution());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_fits_a_terminal_and_says_what_is_missed() {
        let read = |per_second| Read { per_second, p50_ms: 1.0, p99_ms: 5.1, max_ms: 9.0, errors: 1 };
        let measured = |per_second| Measured::of(vec![read(per_second)]);
        let side = Side {
            on: On::Servers,
            playlists: [measured(19_999.0), measured(20_000.0)],
            views: [measured(11_000.0), measured(9_000.0)],
        };
        let report = Report {
            bench: "reads",
            machine: Machine { cores: 2, processor: "x".to_owned(), load_before: 0.0 },
            connections: 50,
            seconds: 8,
            few: 20,
            many: 20_000,
            targets: side.targets().to_vec(),
            sides: vec![side],
        };
        let text = table(&report);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.matches("MISSED").count(), 5, "{text}");
    }
}
