//! Places at which packets are read, and whether the tables say the same of them.

use super::{Doubt, movie::Media};
use crate::{
    command::seconds,
    probe::packets::{Kind, Line, Track},
};
use domain::timeline::Packet;
use std::collections::BTreeMap;

/// So many packets are read at the beginning: each stream of sound has to begin among them.
const FIRST: usize = 250;
/// So many are read at each place in between.
const BETWEEN: usize = 50;
/// So long before the end the last place is, in microseconds; from there on everything is read.
const LAST_US: i64 = 1_000_000;
/// How much earlier than the last one a track may end.
const ENDS_WITHIN_US: i64 = 60_000_000;
/// How far the rough times of sound may be off.
const ROUGH_US: i64 = 500_000;
/// More lines than any honest file has at these places.
pub(super) const MOST_LINES: usize = 100_000;

/// Times to read from, in microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spots {
    between: [i64; 3],
    last: i64,
}

impl Spots {
    /// For tracks that begin and end at these times.
    pub(super) fn of(spans: &[(i64, i64)]) -> Result<Self, Doubt> {
        let ends = || spans.iter().map(|(_, end)| *end);
        let start = spans.iter().map(|(start, _)| *start).min();
        let (Some(start), Some(first_end), Some(end)) = (start, ends().min(), ends().max()) else {
            return Err(Doubt("it has neither pictures nor sound"));
        };
        if end - first_end > ENDS_WITHIN_US {
            return Err(Doubt("its tracks end far apart"));
        }
        let between = [1, 2, 3].map(|quarters| start + (end - start) / 4 * quarters);
        Ok(Self { between, last: (first_end - LAST_US).max(start) })
    }

    /// As ffprobe takes them.
    pub(super) fn intervals(&self) -> String {
        let between = self.between.map(|us| format!("{}%+#{BETWEEN}", seconds(us)));
        format!("%+#{FIRST},{},{}%", between.join(","), seconds(self.last))
    }
}

/// Compares what packets say with the tracks of a file whose tables are of so many streams, and completes these: the bounds
/// of sound, and how long the first and the last pictures show.
pub(super) fn compare(
    tracks: &mut BTreeMap<u32, (Media, Track)>,
    streams: u32,
    lines: &[Line],
) -> Result<(), Doubt> {
    for (index, (media, track)) in tracks.iter_mut() {
        let own = || lines.iter().enumerate().filter(|(_, line)| line.index == *index);
        match media {
            Media::Pictures => pictures(track, own().map(|(_, line)| line))?,
            Media::Sound => sound(track, own())?,
            Media::Text | Media::Other => {}
        }
    }
    let of_a_track = |line: &Line| {
        let in_tables = tracks.get(&line.index).is_some_and(|(media, _)| *media == media_of(line.kind));
        in_tables || line.kind == Kind::Subtitle || line.index >= streams && is_cover(line.index, lines)
    };
    let strange = lines.iter().any(|line| !line.discarded && !of_a_track(line));
    if strange { Err(Doubt("a packet is of no track in the tables")) } else { Ok(()) }
}

/// Cover art is in no table, and has no time. It is handed out anew at each place, with a time of its own making.
fn is_cover(index: u32, lines: &[Line]) -> bool {
    let first = lines.iter().find(|line| line.index == index);
    first.is_some_and(|line| line.kind == Kind::Video && line.pts_us.or(line.dts_us).is_none())
}

fn media_of(kind: Kind) -> Media {
    match kind {
        Kind::Video => Media::Pictures,
        Kind::Audio => Media::Sound,
        Kind::Subtitle => Media::Text,
    }
}

fn pictures<'a>(track: &mut Track, lines: impl Iterator<Item = &'a Line>) -> Result<(), Doubt> {
    let (mut first, mut last) = (false, false);
    for line in lines {
        match (place(&track.pictures, line), line.discarded) {
            (Some(at), false) => {
                let picture = &mut track.pictures[at];
                picture.duration_us = line.duration_us;
                if picture.key != line.key {
                    return Err(Doubt("a keyframe is none, or the other way round"));
                }
                first |= at == 0;
                last |= at + 1 == track.pictures.len();
            }
            (None, true) => {}
            _ => return Err(Doubt("a picture is not shown when the tables say")),
        }
    }
    let there = track.pictures.is_empty() || first && last;
    if !there {
        return Err(Doubt("the first or the last picture is not there"));
    }
    track.start_us = track.pictures.iter().map(|picture| picture.pts_us).min().unwrap_or(0);
    track.end_us =
        track.pictures.iter().map(|picture| picture.pts_us + picture.duration_us).max().unwrap_or(0);
    Ok(())
}

/// Which picture this packet is.
fn place(pictures: &[Packet], line: &Line) -> Option<usize> {
    let (pts_us, dts_us) = (line.pts_us?, line.dts_us?);
    let from = pictures.partition_point(|picture| picture.dts_us < dts_us);
    let mut at_once = (from..pictures.len()).take_while(|at| pictures[*at].dts_us == dts_us);
    at_once.find(|at| pictures[*at].pts_us == pts_us)
}

/// Takes the exact bounds of sound from its first and its last packets.
fn sound<'a>(track: &mut Track, lines: impl Iterator<Item = (usize, &'a Line)>) -> Result<(), Doubt> {
    let mut lines = lines.peekable();
    if lines.peek().is_none_or(|(at, _)| *at >= FIRST) {
        return Err(Doubt("sound begins late"));
    }
    let mut bounds: Option<(i64, i64)> = None;
    for (_, line) in lines.filter(|(_, line)| !line.discarded) {
        let start = line.pts_us.ok_or(Doubt("sound has no times"))?;
        let end = start + line.duration_us;
        bounds = Some(bounds.map_or((start, end), |(first, last)| (first.min(start), last.max(end))));
    }
    let (start, end) = bounds.ok_or(Doubt("no sound is heard"))?;
    if (start - track.start_us).abs() > ROUGH_US || (end - track.end_us).abs() > ROUGH_US {
        return Err(Doubt("sound begins or ends elsewhere"));
    }
    (track.start_us, track.end_us) = (start, end);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    /// Ten pictures and as much sound, one after the other, a second each.
    fn told() -> BTreeMap<u32, (Media, Track)> {
        let picture = |at: i64| Packet { pts_us: at, dts_us: at - 1, duration_us: 0, key: at == 0 };
        let pictures = (0..10).map(|at| picture(at * SECOND)).collect();
        let sound = Track::timed(0, 10 * SECOND + 3, Vec::new());
        [(0, (Media::Pictures, Track::timed(0, 0, pictures))), (1, (Media::Sound, sound))].into()
    }

    fn lines() -> Vec<Line> {
        let pair = |at: i64| {
            [
                format!("video|0|{at}.0|{}|1.0|{}", before(at), if at == 0 { "K_" } else { "__" }),
                format!("audio|1|{at}.0|{at}.0|1.0|K_"),
            ]
        };
        [0, 1, 5, 8, 9].into_iter().flat_map(pair).filter_map(|line| Line::parse(&line)).collect()
    }

    fn before(second: i64) -> String {
        seconds(second * SECOND - 1)
    }

    fn compared(lines: &[Line]) -> Result<BTreeMap<u32, (Media, Track)>, Doubt> {
        let mut tracks = told();
        compare(&mut tracks, 2, lines).map(|()| tracks)
    }

    #[test]
    fn packets_complete_what_they_confirm() {
        let tracks = compared(&lines()).unwrap();
        assert_eq!((tracks[&0].1.start_us, tracks[&0].1.end_us), (0, 10 * SECOND));
        assert_eq!((tracks[&1].1.start_us, tracks[&1].1.end_us), (0, 10 * SECOND));
        assert_eq!(tracks[&0].1.pictures[9].duration_us, SECOND);
    }

    #[test]
    fn one_packet_that_says_otherwise_is_enough() {
        let changes: [fn(&mut Line); 6] = [
            |line| line.key = true,
            |line| line.discarded = true,
            |line| line.pts_us = None,
            |line| line.pts_us = line.pts_us.map(|us| us + 1),
            |line| line.dts_us = line.dts_us.map(|us| us - 1),
            |line| line.kind = Kind::Audio,
        ];
        for change in changes {
            let mut lines = lines();
            change(&mut lines[4]);
            assert!(compared(&lines).is_err(), "{:?}", lines[4]);
        }
    }

    #[test]
    fn the_first_and_the_last_packets_have_to_be_there() {
        for gone in [0, 1, 8, 9] {
            let mut lines = lines();
            lines.remove(gone);
            assert!(compared(&lines).is_err(), "without {gone}");
        }
        let stranger = Line::parse("video|7|0.0|0.0|0.0|K_").unwrap();
        assert!(compared(&[lines(), vec![stranger]].concat()).is_err());
        let cover = Line::parse("video|7|N/A|N/A|N/A|K_").unwrap();
        assert!(compared(&[lines(), vec![cover]].concat()).is_ok());
    }

    #[test]
    fn tracks_end_together_or_every_packet_is_read() {
        let spots = Spots::of(&[(-40_000, 99_960_000), (0, 90_000_000)]).unwrap();
        assert_eq!(spots.intervals(), "%+#250,24.960000%+#50,49.960000%+#50,74.960000%+#50,89.000000%");
        assert!(Spots::of(&[(0, 100_000_000), (0, 30_000_000)]).is_err());
        assert!(Spots::of(&[]).is_err());
    }
}
