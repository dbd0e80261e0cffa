//! The source that is encoded, and the plan that both sides follow.

use crate::place;
use anyhow::Context;
use domain::plan::{self, Plan};
use ffmpeg::{Ffmpeg, FfmpegConfig};
use ports::{Encoder, Source};
use serde::Serialize;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// A source, looked into and planned as the product does it.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The file.
    pub(crate) file: PathBuf,
    /// Ladder, grid and sound.
    pub(crate) plan: Plan,
    /// The picture track's number in the container.
    pub(crate) video_stream: u32,
    /// Fields are to be woven into frames.
    pub(crate) interlaced: bool,
    /// What a report says of it.
    pub(crate) facts: Facts,
    /// The ffmpeg program.
    pub(crate) ffmpeg: PathBuf,
}

/// What a report says of a source.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Facts {
    /// The file's name.
    pub(crate) file: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// How long it plays.
    pub(crate) seconds: f64,
    /// Pictures that each full-rate rendition has.
    pub(crate) frames: u64,
    /// The codec of its pictures.
    pub(crate) codec: String,
    /// Width in pixels as displayed.
    pub(crate) width: u32,
    /// Height in pixels as displayed.
    pub(crate) height: u32,
    /// Pictures per second.
    pub(crate) frames_per_second: f64,
    /// Sound tracks that are encoded.
    pub(crate) audio_tracks: usize,
    /// What it is encoded into: name and size.
    pub(crate) renditions: Vec<String>,
    /// The version of ffmpeg.
    pub(crate) ffmpeg: String,
}

impl Subject {
    /// Looks into a file and plans it.
    pub(crate) async fn look(file: &Path) -> anyhow::Result<Self> {
        let file = std::fs::canonicalize(file).with_context(|| format!("cannot open {}", file.display()))?;
        let program = place::program("FFMPEG", "ffmpeg")?;
        let config = FfmpegConfig::new(program.clone(), place::program("FFPROBE", "ffprobe")?);
        let encoder = Ffmpeg::new(config);
        let version = encoder.check().await?.0;
        let media = encoder.probe(&Source::File(file.clone())).await?;
        let plan = plan::for_source(&media).map_err(|rejection| anyhow::anyhow!(rejection.text))?;
        let video = media.video.as_ref().context("the source has no pictures; choose another --input")?;
        anyhow::ensure!(
            !video.high_dynamic_range,
            "an HDR source has no fair bare run; choose another --input"
        );
        let facts = Facts {
            bytes: std::fs::metadata(&file)?.len(),
            file: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            seconds: plan.grid.duration_us() as f64 / 1e6,
            frames: plan.grid.frames,
            codec: video.codec.clone(),
            width: video.width,
            height: video.height,
            frames_per_second: plan.grid.rate.per_second(),
            audio_tracks: plan.audio.len(),
            renditions: plan
                .renditions
                .iter()
                .map(|r| format!("{} {}x{}", r.name, r.width, r.height))
                .collect(),
            ffmpeg: version,
        };
        let (video_stream, interlaced) = (video.stream_index, video.interlaced);
        Ok(Self { file, plan, video_stream, interlaced, facts, ffmpeg: program })
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seconds, codec, width, height, frames_per_second, renditions, ffmpeg, .. } = self;
        let (count, mbit) = (renditions.len(), self.bytes as f64 * 8e-6 / seconds.max(1e-3));
        write!(
            f,
            "Source: {seconds:.1} s of {width}x{height} at {frames_per_second:.2}/s, {codec}, \
             {mbit:.1} Mbit/s; renditions: {count}; ffmpeg {ffmpeg}"
        )
    }
}
