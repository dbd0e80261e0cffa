//! Sources whose clock jumps: recordings that were put together from others, streams whose encoder began anew.
//!
//! Nothing can be found by its time in them. So a copy is read instead, of the same packets, in which ffmpeg has made one clock of
//! all: of what is planned nothing but the packets' times is needed, and each encode makes a copy of its own.

use crate::{
    Job,
    command::{Call, seconds},
    failure,
    process::{self, Bounds, Heard},
};
use ports::{MediaError, Source};

/// Larger sources are left as they are: every encode would copy so much.
pub(crate) const MOST_BYTES: u64 = 2 << 30;
/// When a copy begins: early enough for what is decoded before it is shown, which transport streams have no times for below 0.
const BEGINS_US: i64 = 10_000_000;

/// Copies these streams of the input, in this order; what follows is the format and where it goes.
pub(crate) fn copying(call: Call, streams: &[u32]) -> Call {
    let mapped = |call: Call, stream: &u32| call.arg("-map").arg(format!("0:{stream}"));
    let call = streams.iter().fold(call, mapped).words("-c copy").nothing_else();
    call.words("-avoid_negative_ts disabled -output_ts_offset").arg(seconds(BEGINS_US))
}

/// Makes a copy of these streams in the scratch folder.
pub(crate) async fn copy(job: Job<'_>, source: &Source, streams: &[u32]) -> Result<Source, MediaError> {
    let limits = &job.config.limits;
    let file = job.scratch.join("mended.ts");
    let call = copying(Call::ffmpeg(&job.config.ffmpeg).reading(source, limits), streams)
        .words("-muxdelay 0 -muxpreload 0 -f mpegts")
        .file(&file);
    let bounds = Bounds {
        wall: limits.packets,
        stall: limits.packets,
        memory: limits.look_memory,
        urgency: job.urgency,
    };
    let ended = process::run(job.config, &call, bounds, |_| Heard::Nothing).await?;
    if ended.success() { Ok(Source::File(file)) } else { Err(failure::of(ended, "mending a source")) }
}
