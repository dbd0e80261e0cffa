//! Clocks that jump, and when packets play once they are mended.

use super::{
    bounds,
    packets::{self, Kind, LEAP_US, Line, Track},
    too_costly,
};
use crate::{
    command::Call,
    config::FfmpegConfig,
    mend,
    process::{self, End, Heard},
};
use domain::timeline::Packet;
use ports::{MediaError, Source};
use std::collections::BTreeMap;

/// Packets on each side of a jump that have to agree: one wrong time alone is damage.
const AGREEING: usize = 5;
/// Decoding times never go back; by less than this, ffmpeg lets them.
const BACK_US: i64 = 100_000;

/// Whether the pictures' clock jumps back, or all clocks ahead.
pub(super) fn in_any(streams: &[u32], tracks: &BTreeMap<u32, Track>) -> bool {
    let chosen: Vec<&Track> = streams.iter().filter_map(|index| tracks.get(index)).collect();
    let back = chosen.iter().any(|track| jumps(&track.pictures, |before, after| after + BACK_US < before));
    let ahead =
        || chosen.iter().any(|track| jumps(&track.pictures, |before, after| after > before + LEAP_US));
    back || (chosen.iter().all(|track| track.leaps) && ahead())
}

/// `is_jump` is true of each of the last packets before some place and each of the first ones after it.
fn jumps(packets: &[Packet], is_jump: impl Fn(i64, i64) -> bool) -> bool {
    packets.windows(2 * AGREEING).any(|window| {
        let (before, after) = window.split_at(AGREEING);
        before.iter().all(|before| after.iter().all(|after| is_jump(before.dts_us, after.dts_us)))
    })
}

/// When everything plays in a mended copy of these streams, by their numbers there.
pub(super) async fn mended(
    config: &FfmpegConfig,
    source: &Source,
    streams: &[u32],
) -> Result<BTreeMap<u32, Track>, MediaError> {
    let limits = &config.limits;
    let call = mend::copying(Call::ffmpeg(&config.ffmpeg).reading(source, limits), streams);
    let call = call.words("-f framecrc pipe:1");
    let mut listing = Listing::default();
    let ended = process::run(config, &call, bounds(limits, limits.packets, limits.stall), |line| {
        listing.note(line);
        Heard::Progress
    })
    .await?;
    match ended.end {
        End::Exited(_) | End::Enough => Ok(packets::completed(listing.tracks)),
        End::Stalled(_) | End::OverTime(_) => Err(too_costly("Reading the file")),
    }
}

/// What ffmpeg's `framecrc` muxer says: `#tb 0: 1/90000` and `#media_type 0: video`, then `stream, dts, pts, duration, size, crc`
/// and, of what is no keyframe, `F=0x0`.
#[derive(Default)]
struct Listing {
    bases: BTreeMap<u32, (i128, i128)>,
    pictures: Vec<u32>,
    tracks: BTreeMap<u32, Track>,
}

impl Listing {
    fn note(&mut self, line: &str) {
        if let Some(header) = line.strip_prefix('#') {
            self.header(header);
        } else if let Some(packet) = self.packet(line) {
            packets::take(packet, &mut self.tracks);
        }
    }

    fn header(&mut self, header: &str) -> Option<()> {
        let (name, value) = header.split_once(": ")?;
        let (what, index) = name.split_once(' ')?;
        let index = index.parse().ok()?;
        match what {
            "tb" => {
                let (num, den) = value.split_once('/')?;
                self.bases.insert(index, (num.parse().ok()?, den.parse().ok().filter(|den| *den > 0)?));
            }
            "media_type" if value == "video" => self.pictures.push(index),
            _ => {}
        }
        Some(())
    }

    fn packet(&self, line: &str) -> Option<Line> {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let index = fields.first()?.parse().ok()?;
        let (num, den) = *self.bases.get(&index)?;
        let micros = |at: usize| {
            let ticks: i64 = fields.get(at)?.parse().ok()?;
            i64::try_from(i128::from(ticks) * num * 1_000_000 / den).ok()
        };
        Some(Line {
            kind: if self.pictures.contains(&index) { Kind::Video } else { Kind::Audio },
            index,
            pts_us: micros(2),
            dts_us: micros(1),
            duration_us: micros(3).unwrap_or(0).max(0),
            key: !fields.iter().any(|field| field.starts_with("F=")),
            discarded: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(times: impl Iterator<Item = i64>) -> Track {
        let mut tracks = BTreeMap::new();
        for us in times {
            let (pts_us, dts_us) = (Some(us), Some(us));
            let (kind, duration_us, key) = (Kind::Video, 40_000, true);
            packets::take(
                Line { kind, index: 0, pts_us, dts_us, duration_us, key, discarded: false },
                &mut tracks,
            );
        }
        tracks.remove(&0).unwrap()
    }

    fn found(times: impl Iterator<Item = i64>) -> bool {
        in_any(&[0], &[(0, track(times))].into())
    }

    #[test]
    fn a_clock_that_jumps_is_told_from_damage() {
        let frames = |range: std::ops::Range<i64>| range.map(|frame| frame * 40_000);
        assert!(!found(frames(0..100)));
        assert!(found(frames(0..100).chain(frames(0..100))));
        assert!(found(frames(0..100).chain(frames(90_000..90_100))));
        assert!(!found(frames(0..100).chain([3_600_000_000]).chain(frames(100..200))));
        assert!(!found(frames(100..200).chain([0]).chain(frames(200..300))));
        assert!(!found(frames(0..100).chain(frames(200..300))));
    }

    #[test]
    fn reads_what_is_listed() {
        let mut listing = Listing::default();
        for line in [
            "#tb 0: 1/90000",
            "#media_type 0: video",
            "#tb 1: 1/48000",
            "0,     900000,     907200,     3600,     9, 0x1, S=1,        1",
            "0,     903600,     903600,     3600,     9, 0x1, F=0x0",
            "1,     480000,     480000,     1024,     9, 0x1",
        ] {
            listing.note(line);
        }
        let tracks = packets::completed(listing.tracks);
        let pictures: Vec<(i64, bool)> = tracks[&0].pictures.iter().map(|p| (p.pts_us, p.key)).collect();
        assert_eq!(pictures, [(10_080_000, true), (10_040_000, false)]);
        assert_eq!((tracks[&1].start_us, tracks[&1].pictures.len()), (10_000_000, 0));
    }
}
