//! What it costs to be watched: the same segments to programs that nobody looks at, and to others whose traces are collected and
//! whose metrics are scraped.

use super::{audience, channel, collector::Collector, footage::Footage, station::Station};
use crate::{
    clock::{self, Stopwatch},
    ground::On,
    screen,
    spread::Spread,
};
use futures::future::{join_all, try_join_all};
use reqwest::Client;
use serde::Serialize;
use std::{path::Path, time::Duration};
use tokio::task::JoinSet;
use url::Url;

/// So many streams at once.
const STREAMS: u32 = 4;
/// Segments of each stream in a burst, and in the one before it that does not count.
const SEGMENTS: u32 = 250;
const WARM_UP: u32 = 25;
/// Spans are handed over every five seconds: those of a burst before the next one begins.
const HANDED_OVER: Duration = Duration::from_secs(6);
const SCRAPED_EVERY: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// What is not listed so many seconds after it was sent never is.
const PATIENCE_S: f64 = 60.0;

/// What watching costs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Watched {
    /// Rounds that count: a burst to the one, a burst to the other.
    pub(crate) rounds: u32,
    /// Segments of each burst.
    pub(crate) segments: u32,
    /// CPU time of programs that nobody watches for one segment, in ms.
    pub(crate) alone_ms: Spread,
    /// CPU time of watched programs for one segment, in ms.
    pub(crate) watched_ms: Spread,
    /// How much more that is, round by round, in percent.
    pub(crate) more_percent: Spread,
    /// Spans that were collected of each segment.
    pub(crate) spans: f64,
}

/// Measures it. Programs live for one burst each: two that are the same cost up to a tenth more or less, for as long as they
/// live.
pub(super) async fn run(on: On, work: &Path, rounds: u32) -> anyhow::Result<Watched> {
    let (footage, collector) = (Footage::of(work, SEGMENTS).await?, Collector::start().await?);
    let traced = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.as_str())];
    let (mut costs, mut spans) = (Vec::new(), 0);
    for round in 1..=rounds {
        let mut cost = (0.0, 0.0);
        // Who comes first has the better of nothing in the long run.
        for is_watched in [round % 2 == 0, round % 2 != 0] {
            let station = Station::start_with(on, work, if is_watched { &traced } else { &[] }).await?;
            let scraping = is_watched.then(|| scraping(&station));
            burst(&station, &footage, WARM_UP).await?;
            let before = collector.spans();
            let cost_ms = burst(&station, &footage, SEGMENTS).await?;
            *(if is_watched { &mut cost.1 } else { &mut cost.0 }) = cost_ms;
            spans += collector.spans() - before;
            drop(scraping);
            station.stop().await?;
        }
        screen::note(&format!("round {round} of {rounds}: {:.3} and {:.3} ms a segment", cost.0, cost.1));
        costs.push(cost);
    }
    let segments = STREAMS * SEGMENTS;
    Ok(Watched {
        rounds,
        segments,
        alone_ms: Spread::of(costs.iter().map(|(alone, _)| *alone)),
        watched_ms: Spread::of(costs.iter().map(|(_, watched)| *watched)),
        more_percent: Spread::of(costs.iter().map(|(alone, watched)| (watched / alone - 1.0) * 100.0)),
        spans: spans as f64 / f64::from(rounds * segments),
    })
}

/// New streams with so many segments, as fast as they are taken; CPU time for one of them, in ms.
async fn burst(station: &Station, footage: &Footage, segments: u32) -> anyhow::Result<f64> {
    let streams = try_join_all((0..STREAMS).map(|_| station.stream())).await?;
    let before_s = station.cpu_seconds()?;
    try_join_all(streams.iter().map(async |(stream, playlist)| {
        for number in 0..segments {
            station.send(stream, number, footage.segment(number)?).await?;
        }
        let sent = Stopwatch::start();
        while audience::last_listed(&channel::text(&station.client, playlist).await?) < Some(segments - 1) {
            anyhow::ensure!(sent.seconds() < PATIENCE_S, "the last segment of {stream} is not listed");
            clock::pause(LOOK_EVERY).await;
        }
        anyhow::Ok(())
    }))
    .await?;
    clock::pause(HANDED_OVER).await;
    Ok((station.cpu_seconds()? - before_s) * 1000.0 / f64::from(STREAMS * segments))
}

/// Reads the metrics of a station's programs, until it is dropped.
fn scraping(station: &Station) -> JoinSet<()> {
    let (client, addresses) = (station.client.clone(), station.addresses.clone());
    let mut scraping = JoinSet::new();
    scraping.spawn(async move {
        loop {
            join_all(addresses.iter().map(|address| scrape(&client, address))).await;
            clock::pause(SCRAPED_EVERY).await;
        }
    });
    scraping
}

/// What it says is of no interest, nor whether it says anything at the end.
async fn scrape(client: &Client, address: &Url) {
    let Ok(metrics) = address.join("/metrics") else { return };
    if let Ok(answer) = client.get(metrics).send().await {
        drop(answer.bytes().await);
    }
}
