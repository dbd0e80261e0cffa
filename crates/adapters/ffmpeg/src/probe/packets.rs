//! When things play: every packet of the source, without decoding any.

use super::{bounds, rejected, too_costly};
use crate::{
    command::Call,
    config::FfmpegConfig,
    process::{self, End},
};
use domain::{
    rejection::RejectionCode,
    timeline::{Packet, Untimed},
};
use ports::{MediaError, Source};
use std::collections::BTreeMap;

/// The times of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Track {
    /// When it begins, in microseconds of the source's own clock.
    pub(super) start_us: i64,
    /// When its last packet ends.
    pub(super) end_us: i64,
    /// What `pictures` go by.
    pub(super) heard: Heard,
    /// Its packets, if it is one of pictures.
    pub(super) pictures: Vec<Packet>,
    /// The first of `pictures`, if they came without any time.
    pub(super) untimed: Option<Untimed>,
    /// Which of `pictures` have no presentation time of their own, but their decoding time instead.
    unshown: Vec<usize>,
    /// How long each picture lasts that came without any time before times were told, from the first keyframe on. A few that
    /// are shown later may be among them: all times are told from the first one to decode at.
    early: Vec<i64>,
    /// A time to decode at was told.
    decodes: bool,
    /// A packet came long after the one before it.
    pub(super) leaps: bool,
}

/// A pause that no recording makes.
pub(super) const LEAP_US: i64 = 10_000_000;

impl Track {
    /// A track whose packets all have presentation times.
    pub(super) fn timed(start_us: i64, end_us: i64, pictures: Vec<Packet>) -> Self {
        let (heard, unshown, early) = (Heard::PresentationTimes, Vec::new(), Vec::new());
        Self {
            start_us,
            end_us,
            heard,
            pictures,
            untimed: None,
            unshown,
            early,
            decodes: false,
            leaps: false,
        }
    }

    /// A track of which nothing is known.
    fn new() -> Self {
        Self::timed(i64::MAX, i64::MIN, Vec::new())
    }

    fn has_times(&self) -> bool {
        self.start_us <= self.end_us
    }

    /// Puts the pictures that came before any time where they must have been: evenly before the first one that has a time,
    /// each as long as they say, or else as others last. What is decoded before the times begin is shown before, too.
    fn begin(&mut self) {
        let Some(first_us) = self.pictures.iter().map(|packet| packet.pts_us).min() else { return };
        let Ok(count) = i64::try_from(self.early.len()) else { return };
        let lasting: i64 = self.early.iter().sum();
        let last_us = self.pictures.iter().map(|packet| packet.pts_us).max().unwrap_or(first_us);
        let others = i64::try_from(self.pictures.len() - 1).unwrap_or(i64::MAX);
        let every_us = match self.early.iter().all(|us| *us > 0) {
            true => lasting.checked_div(count),
            false => (last_us - first_us).checked_div(others),
        };
        let Some(every_us) = every_us.filter(|us| *us > 0) else { return };
        let start_us = first_us - every_us * count;
        let at = |number| start_us + every_us * number;
        let early = (0..count).map(|number| Packet {
            pts_us: at(number),
            dts_us: at(number),
            duration_us: every_us,
            key: number == 0,
        });
        self.pictures.splice(..0, early);
        self.start_us = self.start_us.min(start_us);
        self.untimed = u32::try_from(count).ok().map(|pictures| Untimed { pictures, start_us, every_us });
    }

    /// Gives presentation times to the pictures that came without, as MPEG program streams have them:
    /// pictures are decoded and shown in the same rhythm, so the times to show at are those to decode at, all
    /// later by the same delay, and what no other picture shows at is left for these.
    fn complete(&mut self) {
        const SAME_US: i64 = 1_000;
        if self.unshown.is_empty() || self.heard == Heard::DecodeTimes {
            return;
        }
        let mut unshown = std::mem::take(&mut self.unshown);
        let mut due: Vec<i64> = self.pictures.iter().map(|packet| packet.dts_us).collect();
        let mut taken: Vec<i64> = (0..self.pictures.len())
            .filter(|at| unshown.binary_search(at).is_err())
            .map(|at| self.pictures[at].pts_us)
            .collect();
        due.sort_unstable();
        taken.sort_unstable();
        let delay = taken.first().zip(due.first()).map_or(0, |(shown, decoded)| shown - decoded);
        due.iter_mut().for_each(|us| *us += delay);
        let is_free = |us: &i64| {
            let near = taken.partition_point(|shown| *shown < us - SAME_US);
            taken.get(near).is_none_or(|shown| *shown > us + SAME_US)
        };
        let free: Vec<i64> = due.into_iter().filter(is_free).collect();
        if free.len() != unshown.len() {
            return;
        }
        unshown.sort_by_key(|at| self.pictures[*at].dts_us);
        for (at, pts_us) in unshown.into_iter().zip(free) {
            self.pictures[at].pts_us = pts_us;
        }
    }
}

/// Which times a stream's packets have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// At least some presentation times: the others lack them where they equal the decoding times.
    PresentationTimes,
    /// Decoding times only, as in AVI.
    DecodeTimes,
}

/// Reads all packets, by stream.
pub(super) async fn read(config: &FfmpegConfig, source: &Source) -> Result<BTreeMap<u32, Track>, MediaError> {
    let limits = &config.limits;
    let call = listing(config).reading(source, limits);
    let (mut tracks, mut pictures) = (BTreeMap::new(), 0);
    let ended = process::run(config, &call, bounds(limits, limits.packets, limits.stall), |line| {
        pictures += usize::from(note(line, &mut tracks));
        if pictures > limits.pictures { process::Heard::Enough } else { process::Heard::Progress }
    })
    .await?;
    match ended.end {
        // A file that is cut ends in an error: what came before it counts.
        End::Exited(_) => Ok(completed(tracks)),
        End::Enough => {
            let limit = limits.pictures;
            Err(rejected(
                RejectionCode::OverLimit,
                format!("The file has more than the {limit} pictures that are allowed. Upload it in parts."),
            ))
        }
        End::Stalled(_) | End::OverTime(_) => Err(too_costly("Reading the file")),
    }
}

/// The tracks, when all packets were taken in.
pub(super) fn completed(mut tracks: BTreeMap<u32, Track>) -> BTreeMap<u32, Track> {
    tracks.retain(|_, track| track.has_times());
    for track in tracks.values_mut() {
        track.complete();
        track.begin();
    }
    tracks
}

/// ffprobe, before its source, as it prints packets so that [`Line::parse`] understands.
pub(super) fn listing(config: &FfmpegConfig) -> Call {
    Call::ffprobe(&config.ffprobe)
        .words(
            "-threads 1 -show_entries packet=codec_type,stream_index,pts_time,dts_time,duration_time,flags",
        )
        .words("-of compact=p=0:nk=1")
}

/// What ffprobe says of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) index: u32,
    pub(super) pts_us: Option<i64>,
    pub(super) dts_us: Option<i64>,
    pub(super) duration_us: i64,
    pub(super) key: bool,
    /// Decoded for others' sake and never shown (edit lists, pre-roll).
    pub(super) discarded: bool,
}

/// Kinds of streams that something is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Video,
    Audio,
    Subtitle,
}

impl Line {
    /// Reads a line of ffprobe's `compact` writer; `None` for what is no packet of these kinds.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut fields = line.split('|');
        let mut next = || fields.next().unwrap_or_default();
        let kind = match next() {
            "video" => Kind::Video,
            "audio" => Kind::Audio,
            "subtitle" => Kind::Subtitle,
            _ => return None,
        };
        let index = next().parse().ok()?;
        let (pts_us, dts_us, duration) = (micros(next()), micros(next()), micros(next()));
        let flags = next();
        let (key, discarded) = (flags.contains('K'), flags.contains('D'));
        Some(Self { kind, index, pts_us, dts_us, duration_us: duration.unwrap_or(0).max(0), key, discarded })
    }
}

/// Takes in a line; says whether it was a picture.
fn note(line: &str, tracks: &mut BTreeMap<u32, Track>) -> bool {
    Line::parse(line).filter(|line| !line.discarded).is_some_and(|line| take(line, tracks))
}

/// Takes in a packet; says whether it was a picture.
pub(super) fn take(line: Line, tracks: &mut BTreeMap<u32, Track>) -> bool {
    let track = tracks.entry(line.index).or_insert_with(Track::new);
    let before = Some(track.end_us).filter(|_| track.has_times());
    let before = before.filter(|_| track.decodes || track.early.is_empty());
    let Some(pts_us) = line.pts_us.or(line.dts_us).or(before) else {
        let reads = line.key || !track.early.is_empty();
        track.early.extend((line.kind == Kind::Video && reads).then_some(line.duration_us));
        return line.kind == Kind::Video;
    };
    track.decodes |= line.dts_us.is_some();
    track.leaps |= before.is_some_and(|end_us| pts_us > end_us.saturating_add(LEAP_US));
    let end_us = pts_us + line.duration_us;
    let heard = if line.pts_us.is_some() { Heard::PresentationTimes } else { Heard::DecodeTimes };
    if !track.has_times() {
        track.heard = heard;
    }
    track.start_us = track.start_us.min(pts_us);
    track.end_us = track.end_us.max(end_us);
    if heard == Heard::PresentationTimes {
        track.heard = heard;
    }
    if line.kind == Kind::Video {
        let dts_us = line.dts_us.unwrap_or(pts_us);
        if line.pts_us.is_none() {
            track.unshown.push(track.pictures.len());
        }
        track.pictures.push(Packet { pts_us, dts_us, duration_us: line.duration_us, key: line.key });
    }
    line.kind == Kind::Video
}

/// Seconds with six decimals as microseconds; `None` for `N/A` and for what no clock says.
pub(super) fn micros(text: &str) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.parse::<i64>().ok()?.checked_mul(1_000_000)?;
    let part = part.get(..6).unwrap_or(part);
    let scale = 10_i64.pow(6 - u32::try_from(part.len()).ok()?);
    let part = if part.is_empty() { 0 } else { part.parse::<i64>().ok()?.checked_mul(scale)? };
    let micros = whole.checked_add(part).filter(|micros| *micros < i64::MAX / 4)?;
    Some(if negative { -micros } else { micros })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_lines() {
        let mut tracks = BTreeMap::new();
        for line in [
            "video|0|0.080000|0.000000|0.040000|K__|",
            "video|0|0.040000|0.040000|0.040000|___",
            "video|0|0.000000|-0.040000|0.040000|_D_",
            "audio|1|-0.021333|-0.021333|0.021333|K_|side_datum/skip_samples:skip_samples=1024",
            "subtitle|2|0.000000|0.000000|9.000000|K_",
            "",
        ] {
            note(line, &mut tracks);
        }
        assert_eq!(tracks.keys().copied().collect::<Vec<_>>(), [0, 1, 2]);
        let track = &tracks[&0];
        assert_eq!((track.start_us, track.end_us, track.pictures.len()), (40_000, 120_000, 2));
        assert!(track.pictures[0].key && !track.pictures[1].key);
        assert_eq!((tracks[&1].start_us, tracks[&1].end_us), (-21_333, 0));
    }

    #[test]
    fn packets_without_presentation_times_follow_their_decoding_times() {
        let mut tracks = BTreeMap::new();
        note("video|0|N/A|0.000000|0.040000|K__", &mut tracks);
        note("video|0|N/A|N/A|0.040000|___", &mut tracks);
        let track = &tracks[&0];
        assert_eq!((track.heard, track.end_us), (Heard::DecodeTimes, 80_000));
    }

    #[test]
    fn pictures_before_any_time_are_shown_before_the_first_that_has_one() {
        let shown = |early: [&str; 3]| {
            let timed =
                ["0.140000|N/A|0.040000|__", "0.060000|N/A|0.040000|__", "0.100000|0.060000|0.040000|__"];
            let mut tracks = BTreeMap::new();
            for line in early.into_iter().chain(timed) {
                assert!(note(&format!("video|0|{line}"), &mut tracks));
            }
            let mut track = tracks.remove(&0).unwrap();
            track.complete();
            track.begin();
            let times: Vec<i64> = track.pictures.iter().map(|packet| packet.pts_us / 1000).collect();
            (times, track.start_us / 1000, track.untimed)
        };
        let (start_us, every_us) = (-60_000, 40_000);
        let untimed = Some(Untimed { pictures: 3, start_us, every_us });
        let lasting = ["N/A|N/A|0.040000|K__", "N/A|N/A|0.040000|__", "N/A|N/A|0.040000|__"];
        assert_eq!(shown(lasting), (vec![-60, -20, 20, 140, 60, 100], -60, untimed));
        let silent = ["N/A|N/A|N/A|K__", "N/A|N/A|0.040000|__", "N/A|N/A|N/A|__"];
        assert_eq!(shown(silent).2, untimed);
        let undecodable = ["N/A|N/A|N/A|__", "N/A|N/A|0.040000|__", "N/A|N/A|N/A|__"];
        assert_eq!(shown(undecodable), (vec![140, 60, 100], 60, None));
    }

    #[test]
    fn pictures_without_a_time_are_told_from_those_that_are_shown_later() {
        let mut tracks = BTreeMap::new();
        for times in ["N/A|N/A", "0.000000|N/A", "N/A|N/A", "N/A|N/A", "0.080000|0.000000", "N/A|N/A"] {
            note(&format!("video|0|{times}|0.040000|K__"), &mut tracks);
        }
        let mut track = tracks.remove(&0).unwrap();
        track.begin();
        let shown: Vec<i64> = track.pictures.iter().map(|packet| packet.pts_us / 1000).collect();
        assert_eq!(shown, [-120, -80, -40, 0, 80, 120]);
    }

    #[test]
    fn a_missing_presentation_time_is_what_the_others_leave() {
        let mut tracks = BTreeMap::new();
        for line in ["540|500", "620|540", "580|580", "N/A|620", "660|660"] {
            let (pts, dts) = line.split_once('|').unwrap();
            note(
                &format!("video|0|0.{pts}000|0.{dts}000|0.040000|___").replace("0.N/A000", "N/A"),
                &mut tracks,
            );
        }
        let mut track = tracks.remove(&0).unwrap();
        track.complete();
        let shown: Vec<i64> = track.pictures.iter().map(|packet| packet.pts_us / 1000).collect();
        assert_eq!(shown, [540, 620, 580, 700, 660]);
    }

    proptest! {
        #[test]
        fn any_line_is_survived(line in "\\PC*", number in "-?[0-9]{0,25}\\.?[0-9]{0,9}") {
            let mut tracks = BTreeMap::new();
            note(&line, &mut tracks);
            note(&format!("video|0|{number}|{number}|{number}|K__"), &mut tracks);
        }

        #[test]
        fn times_are_exact(us in -10_000_000_000_000i64..10_000_000_000_000) {
            prop_assert_eq!(micros(&crate::command::seconds(us)), Some(us));
        }
    }
}
