//! Memory while an hour of streams comes as fast as it is taken.

use super::{audience, channel, footage::Footage, station::Station};
use crate::{
    clock::{self, Stopwatch},
    ground::On,
    screen,
};
use domain::StreamId;
use futures::future::try_join_all;
use serde::Serialize;
use std::{ops::Range, path::Path, time::Duration};
use url::Url;

/// Memory is looked at after each of so many parts.
const PARTS: u32 = 10;
/// By the end of this part, counted from 0, everything that is kept at all is there.
const SETTLED: usize = 1;
/// How often a playlist is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// What is not listed so many seconds after it was sent never is.
const PATIENCE_S: f64 = 60.0;

/// What an hour costs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Hour {
    pub(crate) streams: u32,
    /// Segments of each stream.
    pub(crate) segments: u32,
    /// Segments taken a second, of all streams together.
    pub(crate) per_second: f64,
    /// CPU time of the programs for a thousand segments, in seconds.
    pub(crate) cpu_s_per_1000: f64,
    /// Resident of the programs after each tenth, in MiB.
    pub(crate) resident_mib: Vec<f64>,
    /// From the second tenth to the last, in MiB.
    pub(crate) growth_mib: f64,
}

/// Sends it.
pub(super) async fn run(on: On, work: &Path, streams: u32, segments: u32) -> anyhow::Result<Hour> {
    let footage = Footage::of(work, segments).await?;
    let station = Station::start(on, work).await?;
    let streams = try_join_all((0..streams).map(|_| station.stream())).await?;
    let (began, before_s) = (Stopwatch::start(), station.cpu_seconds()?);
    let mut resident_mib = Vec::new();
    for part in 0..PARTS {
        let numbers = segments * part / PARTS..segments * (part + 1) / PARTS;
        try_join_all(streams.iter().map(|stream| send(&station, stream, &footage, numbers.clone()))).await?;
        resident_mib.push(station.resident_mib());
        screen::note(&format!(
            "{}, {} of {PARTS} tenths of an hour: {:.1} MiB",
            on.name(),
            part + 1,
            station.resident_mib()
        ));
    }
    let (wall_s, cpu_s) = (began.seconds(), station.cpu_seconds()? - before_s);
    station.stop().await?;
    let sent = segments as usize * streams.len();
    Ok(Hour {
        streams: u32::try_from(streams.len())?,
        segments,
        per_second: sent as f64 / wall_s,
        cpu_s_per_1000: cpu_s * 1000.0 / sent as f64,
        growth_mib: resident_mib[resident_mib.len() - 1] - resident_mib[SETTLED],
        resident_mib,
    })
}

/// One stream's part, until its last segment is listed.
async fn send(
    station: &Station,
    (stream, playlist): &(StreamId, Url),
    footage: &Footage,
    numbers: Range<u32>,
) -> anyhow::Result<()> {
    for number in numbers.clone() {
        station.send(stream, number, footage.segment(number)?).await?;
    }
    let (last, sent) = (numbers.end - 1, Stopwatch::start());
    while audience::last_listed(&channel::text(&station.client, playlist).await?) < Some(last) {
        anyhow::ensure!(sent.seconds() < PATIENCE_S, "segment {last} of {stream} is not listed");
        clock::pause(LOOK_EVERY).await;
    }
    Ok(())
}
