//! The text of subtitle tracks: read from the source by one process, and cut into WebVTT segments.
//!
//! Text never fails a video: whatever cannot be read is left out, be it a cue or a whole track.

use crate::{
    Job,
    command::{Call, seconds},
    failure,
    process::{self, Bounds, Heard},
};
use domain::task::{SubtitleSource, SubtitlesTask, TrackKind};
use hls::webvtt::{self, Cue, WebVtt};
use ports::{EncodedSegment, EncodedTrack, MediaError, Source};
use std::path::PathBuf;

/// The most text of one track, in bytes: more than any film says, and little enough to be held.
const LARGEST: u64 = 8 << 20;
/// By how much all times are moved while they are written as text, which knows none below zero.
const HEADROOM_US: i64 = 10_000_000;

/// Reads all tracks of a task.
///
/// # Errors
/// The machine is at fault, never the source.
pub(crate) async fn read(
    job: Job<'_>,
    source: &Source,
    task: &SubtitlesTask,
) -> Result<Vec<EncodedTrack>, MediaError> {
    let all: Vec<&SubtitleSource> = task.sources.iter().collect();
    if !extract(job, source, task, &all).await? {
        // One track may keep the others from coming: each for itself, then.
        for track in all {
            extract(job, source, task, &[track]).await?;
        }
    }
    let mut tracks = Vec::with_capacity(task.sources.len());
    for track in &task.sources {
        let text = tokio::fs::read(file(job, track)).await.unwrap_or_default();
        tracks.push(packaged(task, track, &String::from_utf8_lossy(&text)));
    }
    job.reached(task.ends_us.last().copied().unwrap_or(0));
    Ok(tracks)
}

/// Writes each track to its file; says whether that went well.
async fn extract(
    job: Job<'_>,
    source: &Source,
    task: &SubtitlesTask,
    tracks: &[&SubtitleSource],
) -> Result<bool, MediaError> {
    let limits = &job.config.limits;
    let call = Call::ffmpeg(&job.config.ffmpeg).words("-copyts -itsoffset");
    let mut call = call.arg(seconds(HEADROOM_US.saturating_sub(task.origin_us))).reading(source, limits);
    for track in tracks {
        call = call.arg("-map").arg(format!("0:{}", track.stream_index)).words("-c:s webvtt -fs");
        call = call.arg(LARGEST.to_string()).words("-map_metadata -1 -map_chapters -1 -f webvtt");
        call = call.file(&file(job, track));
    }
    let bounds = Bounds {
        wall: limits.packets,
        stall: limits.packets,
        memory: limits.look_memory,
        urgency: job.urgency,
    };
    let ended = process::run(job.config, &call, bounds, |_| Heard::Nothing).await?;
    if ended.success() { Ok(true) } else { failure::tolerated(ended, "reading subtitles").map(|()| false) }
}

fn file(job: Job<'_>, track: &SubtitleSource) -> PathBuf {
    job.scratch.join(format!("{}.vtt", track.stream_index))
}

fn packaged(task: &SubtitlesTask, track: &SubtitleSource, text: &str) -> EncodedTrack {
    let written = WebVtt::parse(text).unwrap_or_default();
    let cues = written.cues.into_iter().filter_map(moved_back).collect();
    let micros = |us: i64| u64::try_from(us).unwrap_or(0);
    let ends_us: Vec<u64> = task.ends_us.iter().map(|us| micros(*us)).collect();
    let cut = webvtt::segments(cues, &ends_us, micros(task.delay_us));
    let begins = std::iter::once(0).chain(ends_us.iter().copied());
    let segment = |(index, ((file, begin), end)): (u32, ((WebVtt, u64), &u64))| EncodedSegment {
        index,
        duration_us: end.saturating_sub(begin),
        keyframes: Vec::new(),
        bytes: file.to_text().into(),
    };
    let segments = (0..).zip(cut.into_iter().zip(begins).zip(&ends_us)).map(segment).collect();
    EncodedTrack { rendition: track.rendition.clone(), kind: TrackKind::Text, init: None, segments }
}

/// A cue at its time in the presentation; `None` when it is over before that begins.
fn moved_back(cue: Cue) -> Option<Cue> {
    let headroom = HEADROOM_US.unsigned_abs();
    let end_us = cue.end_us.checked_sub(headroom).filter(|us| *us > 0)?;
    Some(Cue { start_us: cue.start_us.saturating_sub(headroom), end_us, ..cue })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cues_are_cut_where_the_segments_are() {
        let source = SubtitleSource { rendition: "subtitles-0".to_owned(), stream_index: 2 };
        let task = SubtitlesTask {
            sources: vec![source.clone()],
            origin_us: 0,
            ends_us: vec![4_000_000, 6_000_000],
            delay_us: 66_667,
        };
        let text = "WEBVTT\n\n00:05.000 --> 00:09.000\nbefore\n\n00:09.500 --> 00:11.000\nfirst\n\n\
                    00:13.000 --> 00:15.000\nboth\n";
        let track = packaged(&task, &source, text);
        let texts: Vec<_> =
            track.segments.iter().map(|s| String::from_utf8_lossy(&s.bytes).into_owned()).collect();
        let map = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:6000,LOCAL:00:00:00.000\n";
        let both = "\n00:00:03.000 --> 00:00:05.000\nboth\n";
        assert_eq!(texts[0], format!("{map}\n00:00:00.000 --> 00:00:01.000\nfirst\n{both}"));
        assert_eq!(texts[1], format!("{map}{both}"));
        assert_eq!(track.segments.iter().map(|s| s.duration_us).collect::<Vec<_>>(), [4_000_000, 2_000_000]);
        assert_eq!(packaged(&task, &source, "no text at all").segments.len(), 2);
    }
}
