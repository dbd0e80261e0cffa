//! A long stream ends: when its recording is served, and whether all of it is there.

use super::{
    audience, channel,
    footage::{Footage, PICTURES},
    station::Station,
};
use crate::{
    api::answered,
    clock::{self, Stopwatch},
    ground::On,
    place, screen,
};
use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use url::Url;

/// How often the recording is asked for: the error of its time.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// A recording that is not there after so many seconds never will be.
const PATIENCE_S: f64 = 120.0;
/// So many segments are fetched at once.
const FETCHED_AT_ONCE: usize = 16;

/// What became of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Ending {
    /// How many segments the stream had.
    pub(crate) segments: u32,
    /// From the call that ends the stream until the whole recording's playlist was read, in seconds.
    pub(crate) served_s: f64,
    /// How many segments the playlist lists.
    pub(crate) listed: usize,
    /// How many of their addresses answered with the bytes that were sent.
    pub(crate) answered: usize,
    /// Pictures that ffprobe decoded, from the first segment to the last.
    pub(crate) pictures: u32,
    /// Pictures that were sent.
    pub(crate) pictures_sent: u32,
}

/// Sends a stream, ends it, and looks.
pub(super) async fn run(on: On, work: &Path, segments: u32) -> anyhow::Result<Ending> {
    let footage = Footage::of(work, segments).await?;
    let station = Station::start(on, work).await?;
    let (stream, live) = station.stream().await?;
    for number in 0..segments {
        station.send(&stream, number, footage.segment(number)?).await?;
    }
    let sent = Stopwatch::start();
    while audience::last_listed(&channel::text(&station.client, &live).await?) < Some(segments - 1) {
        anyhow::ensure!(sent.seconds() < PATIENCE_S, "the last segment is not listed");
        clock::pause(LOOK_EVERY).await;
    }
    let ended = Stopwatch::start();
    channel::end(&station.client, &station.api, &stream).await?;
    let view = station.api.join(&format!("/vod/{stream}/manifest"))?;
    let (address, playlist) = recording(&station, &view, ended).await?;
    let served_s = ended.seconds();
    screen::note(&format!("{}: the recording is served after {served_s:.2} s", on.name()));
    let listed: Vec<&str> = playlist.lines().filter(|line| !line.starts_with('#')).collect();
    let answered = fetched(&station, &footage, &address, &listed).await?;
    let pictures = decoded(&address).await?;
    station.stop().await?;
    let pictures_sent = segments * PICTURES;
    Ok(Ending { segments, served_s, listed: listed.len(), answered, pictures, pictures_sent })
}

/// The recording's playlist, once there is one.
async fn recording(station: &Station, view: &Url, ended: Stopwatch) -> anyhow::Result<(Url, String)> {
    while !station.client.get(view.clone()).send().await?.status().is_success() {
        anyhow::ensure!(ended.seconds() < PATIENCE_S, "the stream has no recording");
        clock::pause(LOOK_EVERY).await;
    }
    let address = channel::media_playlist(&station.client, view.clone()).await?;
    let playlist = channel::text(&station.client, &address).await?;
    anyhow::ensure!(playlist.trim_end().ends_with("#EXT-X-ENDLIST"), "the recording's playlist has no end");
    Ok((address, playlist))
}

/// How many of these segments are what was sent.
async fn fetched(
    station: &Station,
    footage: &Footage,
    playlist: &Url,
    names: &[&str],
) -> anyhow::Result<usize> {
    let right = stream::iter(names).map(async |name| {
        let number = hls::live::segment_number(name).context("a segment's name is no number")?;
        let answer = answered(station.client.get(playlist.join(name)?).send().await?).await?;
        anyhow::Ok(answer.bytes().await? == footage.segment(number)?)
    });
    right
        .buffer_unordered(FETCHED_AT_ONCE)
        .try_fold(0, async |count, right| Ok(count + usize::from(right)))
        .await
}

/// How many pictures ffprobe decodes of the whole of it.
async fn decoded(playlist: &Url) -> anyhow::Result<u32> {
    let ffprobe = place::program("FFPROBE", "ffprobe")?;
    let mut command = Command::new(ffprobe);
    command
        .args("-v error -count_frames -select_streams v:0".split(' '))
        .args("-show_entries stream=nb_read_frames -of csv=p=0".split(' '))
        .arg(playlist.as_str())
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await?.context("running ffprobe")?;
    let said = String::from_utf8_lossy(&output.stdout);
    // ffprobe names a stream once more for each programme that it belongs to.
    let pictures = said.lines().find_map(|line| line.trim().trim_end_matches(',').parse().ok());
    pictures.with_context(|| {
        format!("ffprobe decoded nothing ({}): {}", output.status, String::from_utf8_lossy(&output.stderr))
    })
}
