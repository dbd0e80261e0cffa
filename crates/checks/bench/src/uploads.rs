//! `bench uploads`: metadata of videos by many clients, to the fleet's API and to standalone.

use crate::{
    command::UploadsArguments,
    ending,
    ground::On,
    load::{self, Load},
    machine::Machine,
    place,
    programs::{self, Programs},
    screen,
    servers::Servers,
    spread::Spread,
    standalone::Standalone,
    target::Target,
};
use reqwest::Client;
use serde::Serialize;
use std::{path::Path, time::Duration};

/// The least that is accepted in a second.
const LEAST_PER_SECOND: f64 = 1_000.0;
/// The longest that 99 of 100 clients wait, in milliseconds.
const LONGEST_P99_MS: f64 = 250.0;

#[derive(Debug, Serialize)]
struct Report {
    /// `uploads`.
    bench: &'static str,
    machine: Machine,
    clients: u32,
    seconds: u32,
    sides: Vec<Side>,
    targets: Vec<Target>,
}

/// One way to run the product.
#[derive(Debug, Serialize)]
struct Side {
    on: On,
    per_second: Spread,
    p50_ms: Spread,
    p99_ms: Spread,
    errors: u64,
    runs: Vec<Load>,
}

/// Measures, prints, and says whether the exit code is to be a success.
pub(crate) async fn run(arguments: &UploadsArguments) -> anyhow::Result<bool> {
    let (machine, place) = (Machine::look()?, place::work()?);
    let sides = arguments.on.all();
    let mut loads: Vec<Vec<Load>> = sides.iter().map(|_| Vec::new()).collect();
    for round in 1..=arguments.common.runs {
        for (on, loads) in sides.iter().zip(&mut loads) {
            let load = once(*on, arguments, &place).await?;
            screen::note(&format!(
                "{}, round {round} of {}: {:.0} uploads/s, p99 {:.0} ms, {} error(s)",
                name(*on),
                arguments.common.runs,
                load.per_second,
                load.answers.p99_ms,
                load.error_count()
            ));
            loads.push(load);
        }
    }
    let sides: Vec<Side> = sides.into_iter().zip(loads).map(|(on, runs)| Side::new(on, runs)).collect();
    let report = Report {
        bench: "uploads",
        machine,
        clients: arguments.clients,
        seconds: arguments.seconds,
        targets: sides.iter().flat_map(Side::targets).collect(),
        sides,
    };
    ending::publish(&arguments.common.output, &table(&report), &report, &report.targets)
}

async fn once(on: On, arguments: &UploadsArguments, place: &Path) -> anyhow::Result<Load> {
    let (client, length) = (Client::new(), Duration::from_secs(arguments.seconds.into()));
    match on {
        On::Servers => {
            let mut api = Programs::start(place, Servers::from_environment()?, &[programs::API])?;
            let (addresses, _) = api.ready(&client).await?;
            let load = load::uploads(&addresses[0], arguments.clients, length).await?;
            api.stop().await?;
            Ok(load)
        }
        On::Embedded => {
            // No disk has this much room: its workers claim nothing.
            let workers_off = [("MIN_FREE_BYTES", "18446744073709551615")];
            let standalone = Standalone::start_with(place, &client, &workers_off).await?;
            let load = load::uploads(&standalone.address, arguments.clients, length).await?;
            standalone.stop().await?;
            Ok(load)
        }
    }
}

impl Side {
    fn new(on: On, runs: Vec<Load>) -> Self {
        let spread = |value: fn(&Load) -> f64| Spread::of(runs.iter().map(value));
        Self {
            on,
            per_second: spread(|load| load.per_second),
            p50_ms: spread(|load| load.answers.p50_ms),
            p99_ms: spread(|load| load.answers.p99_ms),
            errors: runs.iter().map(Load::error_count).sum(),
            runs,
        }
    }

    fn targets(&self) -> [Target; 3] {
        let named = |figure: &str| format!("{}_{figure}", self.on.key());
        [
            Target::at_least(named("per_second"), self.per_second.median, LEAST_PER_SECOND, "/s"),
            Target::at_most(named("p99_ms"), self.p99_ms.median, LONGEST_P99_MS, " ms"),
            Target::at_most(named("errors"), self.errors as f64, 0.0, ""),
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
    let Report { clients, seconds, .. } = report;
    let mut text = format!(
        "\nPOST /vod/upload as JSON by {clients} clients for {seconds} s, workers stopped.\nMedians of {} rounds.\n",
        report.sides.first().map_or(0, |side| side.runs.len())
    );
    for (side, targets) in report.sides.iter().zip(report.targets.chunks(3)) {
        let row =
            |what: &str, value: String, verdict: String| format!("  {what:<20}{value:>12}   {verdict}\n");
        text.push_str(&format!("\n{} ({})\n", name(side.on), side.on.name()));
        text.push_str(&row("Accepted", format!("{:.0} /s", side.per_second.median), targets[0].verdict()));
        text.push_str(&row("Answered, p50", format!("{:.1} ms", side.p50_ms.median), String::new()));
        text.push_str(&row("Answered, p99", format!("{:.1} ms", side.p99_ms.median), targets[1].verdict()));
        text.push_str(&row("Errors", side.errors.to_string(), targets[2].verdict()));
        for (error, times) in side.runs.iter().flat_map(|load| &load.errors).take(5) {
            text.push_str(&format!("    {times} x {}\n", error.chars().take(60).collect::<String>()));
        }
    }
    text.push_str(&report.machine.caution());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::percentiles::Percentiles;
    use std::collections::BTreeMap;

    #[test]
    fn the_table_fits_a_terminal_and_says_what_is_missed() {
        let errors = BTreeMap::from([("503 Service Unavailable".repeat(9), 3)]);
        let load = Load { per_second: 999.0, answers: Percentiles::of([0.2, 0.3]), errors };
        let side = Side::new(On::Servers, vec![load]);
        let report = Report {
            bench: "uploads",
            machine: Machine { cores: 2, processor: "x".to_owned(), load_before: 0.0 },
            clients: 64,
            seconds: 8,
            targets: side.targets().to_vec(),
            sides: vec![side],
        };
        let text = table(&report);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.matches("MISSED").count(), 3, "{text}");
    }
}
