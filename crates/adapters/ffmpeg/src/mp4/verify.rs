//! Whether a rendition's file is exactly what its chunk promised.

use super::{
    Broken,
    fragments::{self, Fragment},
    shift::Shift,
};
use bytes::{Bytes, BytesMut};
use domain::{
    h264,
    job::Span,
    ladder::Rendition,
    rate::Rate,
    task::{ChunkTask, TrackKind},
};
use mp4_atom::{Codec, Moov};
use ports::{EncodedSegment, EncodedTrack};
use std::fmt::Display;

/// Takes a file of the encoder apart, verifies each frame of it, and groups its GOPs into segments.
pub(crate) fn video_track(
    file: Vec<u8>,
    task: &ChunkTask,
    rendition: &Rendition,
) -> Result<EncodedTrack, Broken> {
    let plan = Planned::of(task, rendition);
    let first_gop = task.first_frame / u64::from(task.gop_frames);
    let first_sequence = u32::try_from(first_gop + 1).unwrap_or(u32::MAX);
    let file = fragments::parse(file, first_sequence, plan.shift())?;
    header(&file.moov, &plan, rendition)?;
    let mut next = 0;
    for fragment in &file.fragments {
        next += gop(fragment, &plan, next)?;
    }
    same("the number of pictures", &next, &plan.pictures)?;
    Ok(EncodedTrack {
        rendition: rendition.name.clone(),
        kind: TrackKind::Media,
        init: Some(file.init),
        segments: segments(&file.fragments, &plan, task.first_segment),
    })
}

/// The chunk in pictures of one rendition.
struct Planned {
    rate: Rate,
    /// The chunk's first picture in the presentation.
    first: u64,
    pictures: u64,
    per_gop: u64,
    gops_per_segment: usize,
    /// By how many pictures everything is shown later than its place.
    delay: u64,
}

impl Planned {
    fn of(task: &ChunkTask, rendition: &Rendition) -> Self {
        let divisor = u64::from(rendition.divisor);
        Self {
            rate: task.rate.divided(rendition.divisor),
            first: task.first_frame / divisor,
            pictures: u64::from(task.frames).div_ceil(divisor),
            per_gop: u64::from(task.gop_frames) / divisor,
            gops_per_segment: (task.segment_frames / task.gop_frames) as usize,
            delay: u64::from(task.delay_frames) / divisor,
        }
    }

    /// The delay, shared out between decoding and showing.
    fn shift(&self) -> Shift {
        let reordered = self.delay.min(u64::from(h264::REORDERED));
        let ticks = |pictures: u64| u32::try_from(pictures * u64::from(self.rate.den)).unwrap_or(u32::MAX);
        Shift { decode: ticks(self.delay - reordered), composition: ticks(reordered) }
    }
}

fn header(moov: &Moov, plan: &Planned, rendition: &Rendition) -> Result<(), Broken> {
    let [trak] = moov.trak.as_slice() else {
        return Err(Broken::Malformed("it has not one track".to_owned()));
    };
    same("the timescale", &trak.mdia.mdhd.timescale, &plan.rate.num)?;
    let [Codec::Avc1(avc1)] = trak.mdia.minf.stbl.stsd.codecs.as_slice() else {
        return Err(Broken::Malformed("its codec is not avc1".to_owned()));
    };
    let size = |width: u32, height: u32| format!("{width}x{height}");
    let coded = size(avc1.visual.width.into(), avc1.visual.height.into());
    same("the size", &coded, &size(rendition.width, rendition.height))?;
    let avcc = &avc1.avcc;
    let profile = format!("{:02x}{:02x}", avcc.avc_profile_indication, avcc.profile_compatibility);
    same("the profile", profile.as_str(), "6400")?;
    same("the codec", &h264::codec_string(avcc.avc_level_indication), &rendition.codec_string())
}

/// Verifies the GOP that begins with picture `at` of the chunk; gives how many pictures it has.
fn gop(fragment: &Fragment, plan: &Planned, at: u64) -> Result<u64, Broken> {
    let pictures = fragment.durations.len() as u64;
    same("the number of pictures in a GOP", &pictures, &plan.per_gop.min(plan.pictures.saturating_sub(at)))?;
    let shown = (plan.first + at + plan.delay) * u64::from(plan.rate.den);
    same("the time of a GOP", &(fragment.decode_time + fragment.first_offset), &shown)?;
    same("a keyframe at the start of a GOP", &fragment.begins_with_sync, &true)?;
    let odd = fragment.durations.iter().find(|ticks| **ticks != plan.rate.den);
    odd.map_or(Ok(()), |ticks| same("a picture's duration", ticks, &plan.rate.den))?;
    Ok(pictures)
}

fn segments(fragments: &[Fragment], plan: &Planned, first_segment: u32) -> Vec<EncodedSegment> {
    let mut from = plan.first;
    let segment = |(gops, index): (&[Fragment], u32)| {
        let to = from + gops.iter().map(|gop| gop.durations.len() as u64).sum::<u64>();
        let duration_us = plan.rate.micros_at(to) - plan.rate.micros_at(from);
        from = to;
        let duration_us = u64::try_from(duration_us).unwrap_or(0);
        EncodedSegment { index, duration_us, keyframes: keyframes(gops), bytes: joined(gops) }
    };
    fragments.chunks(plan.gops_per_segment).zip(first_segment..).map(segment).collect()
}

/// Where the first picture of each fragment is in their segment, with the `moof` before it.
fn keyframes(fragments: &[Fragment]) -> Vec<Span> {
    let place = |offset: &mut u64, fragment: &Fragment| {
        let span = Span { offset: *offset, length: fragment.first_picture_ends as u64 };
        *offset += fragment.bytes.len() as u64;
        Some(span)
    };
    fragments.iter().scan(0, place).collect()
}

fn joined(fragments: &[Fragment]) -> Bytes {
    if let [only] = fragments {
        return only.bytes.clone();
    }
    let mut bytes = BytesMut::with_capacity(fragments.iter().map(|fragment| fragment.bytes.len()).sum());
    fragments.iter().for_each(|fragment| bytes.extend_from_slice(&fragment.bytes));
    bytes.freeze()
}

fn same<T: PartialEq + Display + ?Sized>(what: &'static str, is: &T, planned: &T) -> Result<(), Broken> {
    if is == planned {
        return Ok(());
    }
    Err(Broken::Differs { what, is: is.to_string(), planned: planned.to_string() })
}
