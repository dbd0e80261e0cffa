//! When the samples of a track play, from its tables, as ffmpeg's demuxer says it.

use super::{Doubt, movie::Tables};
use crate::probe::packets::micros;
use domain::timeline::Packet;
use mp4_atom::{CttsEntry, ElstEntry};

/// What no honest table says, in ticks: sums of two of these are far from any overflow.
const FARTHEST: i64 = 1 << 48;
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
        if waits.iter().any(|edit| edit.media_time.is_some()) {
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
        let ticks = i64::from(entry.sample_count) * i64::from(entry.sample_delta);
        sum.checked_add(ticks).filter(|sum| *sum < FARTHEST)
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
    let samples = samples(tables)?;
    let played = match Edit::of(tables, movie_timescale)? {
        Some(edit) => edited(&samples, edit, shift, tables.offsets.is_some()),
        None => samples.iter().map(|sample| Sample { decoded: sample.decoded - shift, ..*sample }).collect(),
    };
    let us = |ticks: i64| shown_as(ticks, tables.timescale);
    let packet = |sample: &Sample| {
        let shown = sample.decoded + shift + sample.offset;
        Some(Packet {
            pts_us: us(shown)?,
            dts_us: us(sample.decoded)?,
            duration_us: us(sample.duration)?,
            key: sample.key,
        })
    };
    played.iter().map(packet).collect::<Option<_>>().ok_or(Doubt("a time is beyond all clocks"))
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

/// What is played of a track, `decoded` on the movie's clock. Samples that are decoded for others' sake only are left out.
fn edited(samples: &[Sample], edit: Edit, shift: i64, offsets: bool) -> Vec<Sample> {
    let first = decoding_begins(samples, edit.from, offsets);
    let mut played: Vec<Sample> = Vec::with_capacity(samples.len() - first);
    let (mut clock, mut earliest) = (edit.begins - shift, None);
    let mut keys_behind = 0;
    for (at, sample) in samples.iter().enumerate().skip(first) {
        let lasts = samples.get(at + 1).map_or(edit.duration, |next| next.decoded - sample.decoded);
        let shown = sample.decoded + sample.offset;
        if edit.shows(shown) {
            let now = clock + shift + sample.offset;
            earliest = Some(earliest.filter(|us| *us >= 0).map_or(now, |us: i64| us.min(now)));
            played.push(Sample { decoded: clock, ..*sample });
        }
        if !played.is_empty() {
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
    // Whatever the edit says, the first picture is shown when it begins.
    let late = earliest.map_or(0, |earliest| earliest - edit.begins).max(0);
    played.iter_mut().for_each(|sample| sample.decoded -= late);
    played
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
    micros(&format!("{:.6}", ticks as f64 * (1.0 / f64::from(timescale))))
}
