//! When the samples of a track play, from its tables, as ffmpeg's demuxer says it.

use super::{Doubt, movie::Tables};
use crate::probe::packets::micros;
use domain::timeline::Packet;
use mp4_atom::{CttsEntry, ElstEntry};

/// What no honest table says, in ticks: sums of two of these are far from any overflow.
const FARTHEST: i64 = 1 << 48;
/// Up to here a double is good for a thousandth of a microsecond.
const CERTAIN_US: f64 = 1e12;
/// More waits before the first sample than anybody needs.
const MOST_WAITS: usize = 16;
/// Where offsets go beyond, ffmpeg ignores them all.
const FARTHEST_OFFSET: i64 = 1 << 28;

/// A sample as the tables have it, in ticks.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// When it is decoded, on the track's own clock.
    decoded: i64,
    /// How much later it is shown.
    offset: i64,
    duration: i64,
    key: bool,
}

/// The part of a track that is played, in ticks of the track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edit {
    /// How long nothing is played before.
    begins: i64,
    /// Where it begins on the track's own clock.
    from: i64,
    duration: i64,
}

impl Edit {
    /// Understands no more than a wait and one part of the track at its own speed.
    fn of(tables: &Tables, movie_timescale: u32) -> Result<Option<Self>, Doubt> {
        let Some((part, waits)) = tables.edits.split_last() else { return Ok(None) };
        let at_own_speed = part.media_rate.integer() == 1 && part.media_rate.decimal() == 0;
        let (Some(from), true) = (part.media_time, at_own_speed) else {
            return Err(Doubt("an edit is not at the track's own speed"));
        };
        if waits.len() > MOST_WAITS || waits.iter().any(|edit| edit.media_time.is_some()) {
            return Err(Doubt("there are several edits"));
        }
        let ticks = |edit: &ElstEntry| rescaled(edit.segment_duration, tables.timescale, movie_timescale);
        let begins = waits.iter().map(ticks).sum::<Option<i64>>();
        let from = i64::try_from(from).ok().filter(|from| *from < FARTHEST);
        let duration = ticks(part).filter(|duration| *duration > 0);
        match (begins, from, duration) {
            (Some(begins), Some(from), Some(duration)) if begins < FARTHEST => {
                Ok(Some(Self { begins, from, duration }))
            }
            _ => Err(Doubt("an edit is of no length, or endless")),
        }
    }

    fn shows(self, time: i64) -> bool {
        (self.from..self.end()).contains(&time)
    }

    fn end(self) -> i64 {
        self.from + self.duration
    }
}

/// Ticks of one clock as ticks of another, rounded to the nearest.
fn rescaled(ticks: u64, to: u32, from: u32) -> Option<i64> {
    let (to, from) = (u128::from(to), u128::from(from));
    let ticks = (u128::from(ticks) * to + from / 2).checked_div(from)?;
    i64::try_from(ticks).ok().filter(|ticks| *ticks < FARTHEST)
}

/// Roughly when a track begins and ends, in microseconds: to within a packet or two.
pub(super) fn span(tables: &Tables, movie_timescale: u32) -> Result<(i64, i64), Doubt> {
    let total = tables.durations.entries.iter().try_fold(0i64, |sum, entry| {
        let ticks = u64::from(entry.sample_count) * u64::from(entry.sample_delta);
        sum.checked_add_unsigned(ticks).filter(|sum| *sum < FARTHEST)
    });
    let total = total.ok_or(Doubt("a track is endless"))?;
    let (begins, length) = match Edit::of(tables, movie_timescale)? {
        Some(edit) => (edit.begins, (total - edit.from).clamp(0, edit.duration)),
        None => (0, total),
    };
    let micros = |ticks: i64| shown_as(ticks, tables.timescale).ok_or(Doubt("a time is beyond all clocks"));
    Ok((micros(begins)?, micros(begins + length)?))
}

/// The packets of a track of pictures, in decoding order.
pub(super) fn packets(tables: &Tables, movie_timescale: u32) -> Result<Vec<Packet>, Doubt> {
    let shift = shift(tables);
    let mut samples = samples(tables)?;
    match Edit::of(tables, movie_timescale)? {
        Some(edit) => cut(&mut samples, edit, shift, tables.offsets.is_some()),
        None => samples.iter_mut().for_each(|sample| sample.decoded -= shift),
    }
    let us = |ticks: i64| shown_as(ticks, tables.timescale);
    let packet = |sample: Sample| {
        let shown = sample.decoded + shift + sample.offset;
        let (pts_us, dts_us, duration_us) = (us(shown)?, us(sample.decoded)?, us(sample.duration)?);
        Some(Packet { pts_us, dts_us, duration_us, key: sample.key })
    };
    samples.into_iter().map(packet).collect::<Option<_>>().ok_or(Doubt("a time is beyond all clocks"))
}

/// How much earlier everything is decoded, so that nothing is shown before. The last two entries do not count: they may be
/// nonsense.
fn shift(tables: &Tables) -> i64 {
    let entries = tables.offsets.as_ref().map_or(&[][..], |ctts| &ctts.entries);
    let counted = &entries[..entries.len().saturating_sub(2)];
    counted.iter().map(|entry| -signed(entry)).max().unwrap_or(0).max(0)
}

/// QuickTime writes offsets below zero in a table that is not meant to have any.
fn signed(entry: &CttsEntry) -> i64 {
    i64::from(entry.sample_offset as i32)
}

fn samples(tables: &Tables) -> Result<Vec<Sample>, Doubt> {
    let counts = || tables.durations.entries.iter().map(|entry| entry.sample_count);
    if counts().any(|count| count == 0) || counts().map(u64::from).sum::<u64>() != tables.samples as u64 {
        return Err(Doubt("stts is not of as many samples as stsz"));
    }
    let (_, others) = tables.durations.entries.split_last().ok_or(Doubt("stts is empty"))?;
    if others.iter().any(|entry| entry.sample_delta == 0) {
        return Err(Doubt("samples are decoded at once"));
    }
    let mut samples = Vec::with_capacity(tables.samples);
    let mut decoded = 0;
    for entry in &tables.durations.entries {
        // Decoders of this table disagree about what is a duration below zero.
        let duration =
            i64::from(i32::try_from(entry.sample_delta).map_err(|_| Doubt("a sample is endless"))?);
        for _ in 0..entry.sample_count {
            samples.push(Sample { decoded, offset: 0, duration, key: tables.keys.is_none() });
            decoded += duration;
        }
    }
    offset(&mut samples, tables)?;
    mark_keys(&mut samples, tables)?;
    if decoded < FARTHEST { Ok(samples) } else { Err(Doubt("a track is endless")) }
}

fn offset(samples: &mut [Sample], tables: &Tables) -> Result<(), Doubt> {
    let Some(ctts) = &tables.offsets else { return Ok(()) };
    let mut rest = samples;
    for entry in &ctts.entries {
        let count = usize::try_from(entry.sample_count).ok().filter(|count| *count > 0);
        let offset = signed(entry);
        let (these, others) = count
            .filter(|_| offset.abs() <= FARTHEST_OFFSET)
            .and_then(|count| rest.split_at_mut_checked(count))
            .ok_or(Doubt("ctts is of more samples than there are, of none, or far off"))?;
        these.iter_mut().for_each(|sample| sample.offset = offset);
        rest = others;
    }
    if rest.is_empty() { Ok(()) } else { Err(Doubt("ctts is not of all samples")) }
}

fn mark_keys(samples: &mut [Sample], tables: &Tables) -> Result<(), Doubt> {
    let Some(stss) = &tables.keys else { return Ok(()) };
    if stss.entries.is_empty() || !stss.entries.is_sorted_by(|a, b| a < b) {
        return Err(Doubt("stss is empty or not in order"));
    }
    for number in &stss.entries {
        let sample = usize::try_from(*number).ok().and_then(|number| samples.get_mut(number.checked_sub(1)?));
        sample.ok_or(Doubt("stss names a sample that is not there"))?.key = true;
    }
    Ok(())
}

/// Leaves what is played of a track, `decoded` by the movie's clock; what is decoded for others' sake only goes.
fn cut(samples: &mut Vec<Sample>, edit: Edit, shift: i64, offsets: bool) {
    let (mut clock, mut earliest) = (edit.begins - shift, None);
    let (mut played, mut keys_behind) = (0, 0);
    for at in decoding_begins(samples, edit.from, offsets)..samples.len() {
        let sample = samples[at];
        let lasts = samples.get(at + 1).map_or(edit.duration, |next| next.decoded - sample.decoded);
        let shown = sample.decoded + sample.offset;
        if edit.shows(shown) {
            let now = clock + shift + sample.offset;
            earliest =
                Some(earliest.filter(|before| *before >= 0).map_or(now, |before: i64| before.min(now)));
            samples[played] = Sample { decoded: clock, ..sample };
            played += 1;
        }
        if played > 0 {
            clock += lasts;
        }
        if shown + lasts >= edit.end() && sample.key {
            // Pictures that come after the first keyframe behind the end may be shown before it.
            keys_behind += 1;
            if keys_behind > usize::from(offsets) {
                break;
            }
        }
    }
    samples.truncate(played);
    // Whatever the edit says, the first picture is shown when it begins.
    let late = earliest.map_or(0, |earliest| earliest - edit.begins).max(0);
    samples.iter_mut().for_each(|sample| sample.decoded -= late);
}

/// The sample to begin with, so that what shows at `from` is decoded: a keyframe that shows no later.
fn decoding_begins(samples: &[Sample], from: i64, offsets: bool) -> usize {
    let reachable = samples.partition_point(|sample| sample.decoded <= from);
    let early = |sample: &Sample| !offsets || sample.decoded + sample.offset <= from;
    let key = samples[..reachable].iter().rposition(|sample| sample.key && early(sample));
    let any = || reachable.checked_sub(1).filter(|_| !offsets);
    key.or_else(any).unwrap_or(0)
}

/// Ticks in microseconds, rounded as by ffprobe, which prints seconds with six decimals.
fn shown_as(ticks: i64, timescale: u32) -> Option<i64> {
    let seconds = ticks as f64 * (1.0 / f64::from(timescale));
    let micros = seconds * 1e6;
    // Printing takes long. It only matters where this product may lie on the other side of a half.
    let certain = (micros - micros.round()).abs() < 0.499 && micros.abs() < CERTAIN_US;
    if certain { Some(micros.round() as i64) } else { printed(seconds) }
}

fn printed(seconds: f64) -> Option<i64> {
    micros(&format!("{seconds:.6}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::tables::movie::Media;
    use mp4_atom::{Ctts, Stss, Stts, SttsEntry};
    use proptest::prelude::*;

    /// Pictures in runs of (how many, how long), with offsets in such runs, in a thousandth of a second.
    fn tables(durations: &[(u32, u32)], offsets: &[(u32, i64)], keys: &[u32]) -> Tables {
        let duration = |(sample_count, sample_delta): &(u32, u32)| SttsEntry {
            sample_count: *sample_count,
            sample_delta: *sample_delta,
        };
        let offset = |(sample_count, sample_offset): &(u32, i64)| CttsEntry {
            sample_count: *sample_count,
            sample_offset: *sample_offset,
        };
        Tables {
            media: Media::Pictures,
            timescale: 1000,
            samples: durations.iter().map(|(count, _)| *count as usize).sum(),
            edits: Vec::new(),
            durations: Stts { entries: durations.iter().map(duration).collect() },
            offsets: (!offsets.is_empty()).then(|| Ctts { entries: offsets.iter().map(offset).collect() }),
            keys: Some(Stss { entries: keys.to_vec() }),
        }
    }

    fn edit(segment_duration: u64, media_time: Option<u64>) -> ElstEntry {
        ElstEntry { segment_duration, media_time, media_rate: 1.into() }
    }

    /// When pictures are decoded and shown, in ticks.
    fn times(tables: &Tables) -> Vec<(i64, i64)> {
        let packets = packets(tables, 1000).unwrap();
        packets.iter().map(|packet| (packet.dts_us / 1000, packet.pts_us / 1000)).collect()
    }

    #[test]
    fn offsets_delay_what_is_shown() {
        let tables = tables(&[(2, 40), (1, 50)], &[(1, 80), (2, 0)], &[1]);
        assert_eq!(times(&tables), [(0, 80), (40, 40), (80, 80)]);
        assert_eq!(span(&tables, 1000), Ok((0, 130_000)));
    }

    #[test]
    fn offsets_below_zero_move_decoding_instead() {
        for below in [-40, i64::from(u32::MAX) - 39] {
            let tables = tables(&[(4, 40)], &[(1, 0), (1, below), (1, 0), (1, 0)], &[1]);
            assert_eq!(times(&tables), [(-40, 0), (0, 0), (40, 80), (80, 120)]);
        }
    }

    #[test]
    fn what_is_before_an_edit_is_not_shown() {
        let mut tables = tables(&[(6, 40)], &[], &[1, 4]);
        tables.edits = vec![edit(500, None), edit(100, Some(40))];
        assert_eq!(times(&tables), [(500, 500), (540, 540), (580, 580)]);
        assert_eq!(span(&tables, 1000), Ok((500_000, 600_000)));
        tables.edits = vec![edit(1000, Some(130))];
        assert_eq!(times(&tables), [(0, 0), (40, 40)]);
    }

    #[test]
    fn only_a_wait_and_one_part_are_understood() {
        let half = ElstEntry { media_rate: mp4_atom::FixedPoint::new(0, 0x4000), ..edit(100, Some(0)) };
        let edits = [
            vec![edit(100, Some(0)), edit(100, Some(100))],
            vec![edit(100, Some(0)), edit(100, None)],
            vec![edit(0, Some(0))],
            vec![edit(u64::MAX, Some(0))],
            vec![edit(100, Some(u64::MAX / 2))],
            vec![edit(u64::MAX / 2, None), edit(100, Some(0))],
            vec![half],
        ];
        for edits in edits {
            let tables = Tables { edits, ..tables(&[(6, 40)], &[], &[1]) };
            assert!(packets(&tables, 1000).is_err(), "{:?}", tables.edits);
        }
        let tables = Tables { edits: vec![edit(100, Some(0))], ..tables(&[(6, 40)], &[], &[1]) };
        assert!(packets(&tables, 0).is_err() && packets(&tables, 1000).is_ok());
    }

    #[test]
    fn tables_that_do_not_fit_each_other_are_not_believed() {
        for odd in [
            tables(&[(3, 40)], &[(2, 0)], &[1]),
            tables(&[(3, 40)], &[(4, 0)], &[1]),
            tables(&[(3, 40)], &[(0, -9), (3, 0)], &[1]),
            tables(&[(3, 40)], &[(3, 1 << 30)], &[1]),
            tables(&[(3, 40)], &[], &[0]),
            tables(&[(3, 40)], &[], &[4]),
            tables(&[(3, 40)], &[], &[2, 1]),
            tables(&[(3, 40)], &[], &[]),
            tables(&[(3, 0), (1, 40)], &[], &[1]),
            tables(&[(3, u32::MAX)], &[], &[1]),
            Tables { samples: 4, ..tables(&[(3, 40)], &[], &[1]) },
            Tables { timescale: 0, ..tables(&[(3, 40)], &[], &[1]) },
        ] {
            assert!(packets(&odd, 1000).is_err(), "{odd:?}");
        }
        assert!(span(&tables(&[(u32::MAX, u32::MAX), (u32::MAX, u32::MAX)], &[], &[1]), 1000).is_err());
    }

    proptest! {
        #[test]
        fn times_are_rounded_as_when_printed(ticks in -(1i64 << 40)..1 << 40, few in -100_000i64..100_000, timescale in 1u32..) {
            for (ticks, timescale) in [(ticks, timescale), (few, timescale), (ticks, timescale % 100_000 + 1), (few, 1 << (timescale % 32))] {
                let seconds = ticks as f64 * (1.0 / f64::from(timescale));
                prop_assert_eq!(shown_as(ticks, timescale), printed(seconds));
            }
        }
    }
}
