//! When things play in an MP4 or MOV file, from its tables instead of from all of its packets. A few packets are read all the
//! same, at the beginning, at the end and in between: the tables count only where they say the same.

mod movie;
mod spots;
mod times;

#[cfg(test)]
mod tests;

use super::{
    boxes, look_bounds,
    packets::{Line, Track, listing},
};
use crate::{config::FfmpegConfig, failure, limits::Limits, process};
use movie::{Media, Movie};
use ports::MediaError;
use spots::Spots;
use std::{collections::BTreeMap, fs::File, path::Path};

/// Where sources are shorter, in microseconds, reading all packets is as fast.
const WORTH_IT_US: i64 = 30_000_000;

/// Why all packets have to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubt(pub(super) &'static str);

/// Reads the packets of all streams from the tables.
///
/// # Errors
/// [`MediaError`] when the file cannot be read at all; a [`Doubt`] where its tables do not say for certain what a demuxer
/// would.
pub(super) async fn read(
    config: &FfmpegConfig,
    path: &Path,
) -> Result<Result<BTreeMap<u32, Track>, Doubt>, MediaError> {
    read_from(config, path, WORTH_IT_US).await
}

async fn read_from(
    config: &FfmpegConfig,
    path: &Path,
    worth_it_us: i64,
) -> Result<Result<BTreeMap<u32, Track>, Doubt>, MediaError> {
    let (file, limits) = (path.to_owned(), config.limits.clone());
    let parsed = tokio::task::spawn_blocking(move || {
        let moov = boxes::moov(&mut File::open(file)?)?;
        Ok(if moov.whole { Told::by(&moov.contents, &limits) } else { Err(Doubt("it has no whole moov")) })
    });
    let parsed = parsed.await.map_err(std::io::Error::other).flatten();
    let told = match parsed.map_err(|error| failure::of_file(&error, path))? {
        Ok(told) if told.length_us() < worth_it_us => return Ok(Err(Doubt("it is short"))),
        Ok(told) => told,
        Err(doubt) => return Ok(Err(doubt)),
    };
    let lines = match told.spots() {
        Ok(spots) => lines(config, path, &spots).await?,
        Err(doubt) => return Ok(Err(doubt)),
    };
    Ok(told.confirmed(&lines))
}

/// What ffprobe says of the packets at these places.
async fn lines(config: &FfmpegConfig, path: &Path, spots: &Spots) -> Result<Vec<Line>, MediaError> {
    let call = listing(config).words("-read_intervals").arg(spots.intervals()).source(path, &config.limits);
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
