//! A test card with a counter and a tone, as a source file.

use crate::{
    Job,
    command::Call,
    failure,
    process::{self, Bounds, Heard},
    refused,
};
use domain::task::TestSourceTask;
use ports::MediaError;
use std::path::PathBuf;

const RATE: u64 = 30;

/// Makes the file.
pub(crate) async fn encode(job: Job<'_>, task: &TestSourceTask) -> Result<PathBuf, MediaError> {
    let (width, height, millis) = (task.width, task.height, task.duration_ms);
    let pixels = u64::from(width) * u64::from(height);
    let even = width >= 2 && height >= 2 && width % 2 == 0 && height % 2 == 0;
    if !even || pixels > job.config.limits.pixels || millis == 0 {
        return Err(refused("a test source of no length, an odd size or too many pixels was ordered"));
    }
    let path = job.scratch.join("source.mp4");
    let length = format!("{}.{:03}", millis / 1000, millis % 1000);
    let call = Call::ffmpeg(&job.config.ffmpeg)
        .words("-progress pipe:1 -f lavfi -i")
        .arg(format!("testsrc2=size={width}x{height}:rate={RATE}"))
        .words("-f lavfi -i sine=frequency=440:sample_rate=48000 -t")
        .arg(length)
        .words("-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 60 -c:a aac -ac 2 -b:a 128k")
        .nothing_else()
        .words("-movflags +faststart -f mp4")
        .file(&path);
    let limits = &job.config.limits;
    let bounds = Bounds {
        wall: limits.encode,
        stall: limits.stall,
        memory: limits.encode_memory,
        urgency: job.urgency,
    };
    let mut frames = 0;
    let ended = process::run(job.config, &call, bounds, |line| {
        let now = line.strip_prefix("frame=").and_then(|text| text.trim().parse::<u64>().ok());
        if now.is_none_or(|now| now <= frames) {
            return Heard::Nothing;
        }
        frames = now.unwrap_or(frames);
        job.reached(i64::try_from(frames * 1_000_000 / RATE).unwrap_or(0));
        Heard::Progress
    })
    .await?;
    if !ended.success() {
        return Err(failure::of(ended, "making a test source"));
    }
    // The card begins with a picture at 0: one more than fit into the length less one frame.
    let planned = (u64::from(millis) * RATE).div_ceil(1000);
    if frames != planned {
        return Err(failure::broken_promise(
            ended,
            format!("the test source has {frames} pictures, not {planned}"),
        ));
    }
    Ok(path)
}
