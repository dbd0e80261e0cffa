//! When things play in an MP4 or MOV file, from its tables instead of from all of its packets. A few packets are read all the
//! same, at the beginning, at the end and in between: the tables count only where they say the same.

mod movie;
mod spots;
mod times;

#[cfg(test)]
mod tests;

use super::{
    boxes::Moov,
    look_bounds,
    packets::{Line, Track, listing},
};
use crate::{config::FfmpegConfig, limits::Limits, process};
use movie::{Media, Movie};
use ports::{MediaError, Source};
use spots::Spots;
use std::collections::BTreeMap;

/// Where files are shorter, in microseconds, reading all packets is as fast.
const WORTH_IT_US: i64 = 30_000_000;

/// Why all packets have to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubt(pub(super) &'static str);

/// Reads the packets of all streams from the tables in `moov`.
///
/// # Errors
/// [`MediaError`] when the source cannot be read at all; a [`Doubt`] where its tables do not say for certain what a demuxer
/// would.
pub(super) async fn read(
    config: &FfmpegConfig,
    source: &Source,
    moov: Moov,
) -> Result<Result<BTreeMap<u32, Track>, Doubt>, MediaError> {
    let worth_it_us = match source {
        Source::File(_) => WORTH_IT_US,
        Source::Address(_) => 0,
    };
    read_from(config, source, moov, worth_it_us).await
}

async fn read_from(
    config: &FfmpegConfig,
    source: &Source,
    moov: Moov,
    worth_it_us: i64,
) -> Result<Result<BTreeMap<u32, Track>, Doubt>, MediaError> {
    if !moov.whole {
        return Ok(Err(Doubt("it has no whole moov")));
    }
    let limits = config.limits.clone();
    let parsed = tokio::task::spawn_blocking(move || Told::by(&moov.contents, &limits)).await;
    let told = match parsed.map_err(|error| MediaError::Unavailable(format!("reading tables: {error}")))? {
        Ok(told) if told.length_us() < worth_it_us => return Ok(Err(Doubt("it is short"))),
        Ok(told) => told,
        Err(doubt) => return Ok(Err(doubt)),
    };
    let lines = match told.spots() {
        Ok(spots) => lines(config, source, &spots).await?,
        Err(doubt) => return Ok(Err(doubt)),
    };
    Ok(told.confirmed(&lines))
}

/// What ffprobe says of the packets at these places.
async fn lines(config: &FfmpegConfig, source: &Source, spots: &Spots) -> Result<Vec<Line>, MediaError> {
    let call =
        listing(config).words("-read_intervals").arg(spots.intervals()).reading(source, &config.limits);
    let (mut lines, mut printed) = (Vec::new(), 0);
    process::run(config, &call, look_bounds(&config.limits), |line| {
        lines.extend(Line::parse(line));
        printed += 1;
        if printed > spots::MOST_LINES { process::Heard::Enough } else { process::Heard::Progress }
    })
    .await?;
    Ok(lines)
}

/// What the tables tell.
#[derive(Debug)]
struct Told {
    /// By stream; times of sound are rough, and text has none.
    tracks: BTreeMap<u32, (Media, Track)>,
    /// How many streams the tables are of.
    streams: u32,
}

impl Told {
    fn by(moov: &[u8], limits: &Limits) -> Result<Self, Doubt> {
        let movie = Movie::parse(moov, limits.streams as usize)?;
        let pictures = movie.tracks.iter().filter(|tables| tables.media == Media::Pictures);
        let pictures = pictures.fold(0usize, |sum, tables| sum.saturating_add(tables.samples));
        if pictures > limits.pictures {
            return Err(Doubt("it has too many pictures"));
        }
        let mut tracks = BTreeMap::new();
        for (index, tables) in (0..).zip(&movie.tracks) {
            if tables.samples == 0 || tables.media == Media::Other {
                continue;
            }
            let (start_us, end_us) = times::span(tables, movie.timescale)?;
            let pictures = match tables.media {
                Media::Pictures => times::packets(tables, movie.timescale)?,
                _ => Vec::new(),
            };
            let track = Track::timed(start_us, end_us, pictures);
            tracks.insert(index, (tables.media, track));
        }
        Ok(Self { tracks, streams: movie.tracks.len() as u32 })
    }

    /// Tracks of pictures and sound.
    fn heard_and_seen(&self) -> impl Iterator<Item = &Track> {
        let tracks = self.tracks.values().filter(|(media, _)| *media != Media::Text);
        tracks.map(|(_, track)| track)
    }

    fn length_us(&self) -> i64 {
        self.heard_and_seen().map(|track| track.end_us - track.start_us).max().unwrap_or(0)
    }

    fn spots(&self) -> Result<Spots, Doubt> {
        let spans: Vec<(i64, i64)> =
            self.heard_and_seen().map(|track| (track.start_us, track.end_us)).collect();
        Spots::of(&spans)
    }

    /// The tracks, if the packets that were read say the same.
    fn confirmed(mut self, lines: &[Line]) -> Result<BTreeMap<u32, Track>, Doubt> {
        spots::compare(&mut self.tracks, self.streams, lines)?;
        Ok(self.tracks.into_iter().map(|(index, (_, track))| (index, track)).collect())
    }
}
