//! The sound of a span: decoded, put onto the samples of the presentation, encoded, and cut to its own frames.
//!
//! AAC transforms overlapping windows: a frame needs the one before it, and the encoder's first frame is priming. So a span is
//! encoded from four frames earlier to two frames later, and only its own frames are kept: joins then measure like the middle.

use crate::{
    Job, adts,
    command::{Call, seconds},
    failure, mp4,
    process::{self, Bounds, Ended, Heard},
    refused,
};
use domain::{
    audio::{FRAME_RATE, FRAME_SAMPLES, SAMPLE_RATE},
    task::SpanTask,
};
use ports::{EncodedTrack, MediaError, Source};

/// Frames that are encoded before the span and dropped, so that the encoder's state at the join is that of a longer run.
const EARLY_FRAMES: u64 = 4;
/// Frames that are encoded after the span and dropped: the last window looks into them.
const LATE_FRAMES: u64 = 2;
/// What the encoder puts out before the first frame of its input.
const PRIMING_FRAMES: u64 = 1;
/// Sound that is off its timestamps by more than this many seconds is moved to them; below it, players do not mind, and
/// containers that round their times would make it crackle.
const DRIFT: &str = "0.03";
/// Sums of channels may reach this much above full scale before all is turned down: a mix of 5.1 keeps its loudness, and
/// clips only where every channel is at its loudest at once.
const DOWNMIX_HEADROOM: &str = "1.414";

/// Encodes a span.
pub(crate) async fn encode(
    job: Job<'_>,
    source: &Source,
    task: &SpanTask,
) -> Result<EncodedTrack, MediaError> {
    let frames = frames(task);
    if frames == 0 {
        return Err(refused("a span of no frames was ordered"));
    }
    let direct = Call::ffmpeg(&job.config.ffmpeg).words("-progress pipe:1 -copyts");
    let direct = seek(direct, task.seek_us).reading(source, &job.config.limits).arg("-filter_complex");
    let direct = direct.arg(format!("[0:{}]{},{}[a]", task.stream_index, resampled(), placed(task)));
    let (ended, stream) = run(job, task, direct).await?;
    if task.seek_us.is_some() && failure::lost_its_place(&ended) {
        tracing::warn!(
            first_frame = task.first_frame,
            "a place in the source is not found: it is read from the beginning"
        );
        let from_the_beginning = SpanTask { seek_us: None, ..task.clone() };
        return Box::pin(encode(job, source, &from_the_beginning)).await;
    }
    // One graph counts its samples; where the sound changes its form, each new form has a graph of its own.
    let once = EARLY_FRAMES + frames + LATE_FRAMES + PRIMING_FRAMES;
    let track = match adts::frames(&stream, adts::Form::STEREO_48_KHZ) {
        Ok(found) if found.len() as u64 > once + 1 => {
            let (ended, stream) = unified(job, source, task).await?;
            cut(task, ended, &stream)?
        }
        _ => cut(task, ended, &stream)?,
    };
    let end = task.first_frame + frames;
    job.reached(FRAME_RATE.micros_at(end) - FRAME_RATE.micros_at(task.first_frame));
    Ok(track)
}

fn frames(task: &SpanTask) -> u64 {
    task.segment_frames.iter().map(|count| u64::from(*count)).sum()
}

fn seek(call: Call, seek_us: Option<i64>) -> Call {
    match seek_us {
        Some(seek_us) => call.words("-seek_timestamp 1 -noaccurate_seek -ss").arg(seconds(seek_us)),
        None => call,
    }
}

/// Whatever it was, it is stereo at 48 kHz from here on.
fn resampled() -> String {
    format!(
        "aresample={SAMPLE_RATE}:rematrix_maxval={DOWNMIX_HEADROOM},aformat=sample_fmts=fltp:channel_layouts=stereo"
    )
}

/// Exactly the samples that are encoded: those of the source where it has some, silence elsewhere.
fn placed(task: &SpanTask) -> String {
    let samples = (EARLY_FRAMES + frames(task) + LATE_FRAMES) * u64::from(FRAME_SAMPLES);
    let first = first_sample(task);
    format!(
        "aresample={SAMPLE_RATE}:async=1:min_hard_comp={DRIFT}:first_pts={first},apad,atrim=end_sample={samples}"
    )
}

/// The first sample that is encoded, counted in 48,000ths of a second on the source's own clock.
fn first_sample(task: &SpanTask) -> i64 {
    let origin = i128::from(task.origin_us) * i128::from(SAMPLE_RATE);
    let origin = (origin + 500_000).div_euclid(1_000_000);
    let frame = i128::from(task.first_frame) - i128::from(EARLY_FRAMES);
    i64::try_from(origin + frame * i128::from(FRAME_SAMPLES)).unwrap_or(i64::MAX)
}

async fn run(job: Job<'_>, task: &SpanTask, call: Call) -> Result<(Ended, Vec<u8>), MediaError> {
    let output = job.scratch.join("span.aac");
    let call = call
        .words("-map [a] -c:a aac -ac 2 -b:a")
        .arg(format!("{}k", task.kbps))
        .nothing_else()
        .words("-f adts")
        .file(&output);
    let limits = &job.config.limits;
    let bounds = Bounds {
        wall: limits.encode,
        stall: limits.stall,
        memory: limits.encode_memory,
        urgency: job.urgency,
    };
    let mut reached = 0;
    let whole = FRAME_RATE.micros_at(frames(task));
    let ended = process::run(job.config, &call, bounds, |line| {
        // `out_time_us` is `N/A` until there is some.
        let now = line.strip_prefix("out_time_us=").and_then(|text| text.trim().parse::<i64>().ok());
        let Some(now) = now.map(|us| us.clamp(0, whole)).filter(|us| *us > reached) else {
            return Heard::Nothing;
        };
        reached = now;
        job.reached(now);
        Heard::Progress
    })
    .await?;
    if !ended.success() {
        return Err(failure::of(ended, "encoding a span"));
    }
    let stream = tokio::fs::read(&output).await.map_err(|error| failure::of_file(&error, &output))?;
    Ok((ended, stream))
}

/// For sound that changes its form on the way: first all of it in one form with its times, then as usual.
async fn unified(job: Job<'_>, source: &Source, task: &SpanTask) -> Result<(Ended, Vec<u8>), MediaError> {
    let limits = &job.config.limits;
    let whole = job.scratch.join("span.nut");
    let last = first_sample(task).saturating_add(
        i64::try_from((EARLY_FRAMES + frames(task) + LATE_FRAMES) * u64::from(FRAME_SAMPLES))
            .unwrap_or(i64::MAX),
    );
    let call = seek(Call::ffmpeg(&job.config.ffmpeg).words("-copyts"), task.seek_us)
        .reading(source, limits)
        .arg("-filter_complex")
        .arg(format!("[0:{}]{},atrim=end_pts={last}[a]", task.stream_index, resampled()))
        .words("-map [a] -c:a pcm_f32le")
        .nothing_else()
        .words("-f nut")
        .file(&whole);
    let bounds = Bounds {
        wall: limits.encode,
        stall: limits.encode,
        memory: limits.encode_memory,
        urgency: job.urgency,
    };
    let ended = process::run(job.config, &call, bounds, |_| Heard::Nothing).await?;
    if !ended.success() {
        return Err(failure::of(ended, "unifying the sound of a span"));
    }
    let call = Call::ffmpeg(&job.config.ffmpeg)
        .words("-progress pipe:1 -copyts -protocol_whitelist file -format_whitelist nut -f nut -i")
        .file(&whole)
        .arg("-filter_complex")
        .arg(format!("[0:0]{}[a]", placed(task)));
    run(job, task, call).await
}

fn cut(task: &SpanTask, ended: Ended, stream: &[u8]) -> Result<EncodedTrack, MediaError> {
    let planned = frames(task) as usize;
    let first = (PRIMING_FRAMES + EARLY_FRAMES) as usize;
    let found = match adts::frames(stream, adts::Form::STEREO_48_KHZ) {
        Ok(found) => found.into_iter().map(|frame| frame.raw).collect::<Vec<_>>(),
        Err(malformed) => return Err(failure::broken_promise(ended, malformed.to_string())),
    };
    let own = found.get(first..first + planned).unwrap_or_default();
    mp4::audio_track(task, own).map_err(|broken| failure::broken_promise(ended, broken.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_begin_on_the_same_samples() {
        let task = |first_frame| SpanTask {
            rendition: "audio-0".to_owned(),
            stream_index: 1,
            origin_us: 1_466_733,
            seek_us: None,
            first_frame,
            first_segment: 0,
            segment_frames: vec![188, 187],
            delay_us: 0,
            mended: Vec::new(),
            kbps: 128,
        };
        assert_eq!(first_sample(&task(0)), 70_403 - 4096);
        assert_eq!(first_sample(&task(375)) - first_sample(&task(0)), 375 * 1024);
    }
}
