//! Which ffmpeg is installed and what it can do.

use crate::{
    command::Call,
    config::FfmpegConfig,
    process::{self, Bounds, Heard},
};
use ports::{MediaError, Urgency};
use std::path::Path;

/// What to do where something is missing.
const ADVICE: &str = "install FFmpeg 5.1 or later with libx264 (Debian and Ubuntu: apt-get install ffmpeg)";

/// The version of the programs as they print it, such as `5.1.9-0+deb12u1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub String);

/// The programs that were found.
#[derive(Debug)]
pub(crate) struct Installed {
    pub(crate) version: Version,
    /// HDR can be mapped to SDR.
    pub(crate) maps_tones: bool,
}

/// Looks at the programs.
pub(crate) async fn look(config: &FfmpegConfig) -> Result<Installed, MediaError> {
    let version = print(config, &config.ffmpeg, "-version").await?;
    print(config, &config.ffprobe, "-version").await?;
    let encoders = print(config, &config.ffmpeg, "-encoders").await?;
    for name in ["libx264", "aac"] {
        if !lists(&encoders, name) {
            return Err(MediaError::Unavailable(format!("ffmpeg has no {name} encoder: {ADVICE}")));
        }
    }
    let filters = print(config, &config.ffmpeg, "-filters").await?;
    let maps_tones = ["zscale", "tonemap"].iter().all(|name| lists(&filters, name));
    let version = version.split_ascii_whitespace().nth(2).unwrap_or("unknown").to_owned();
    Ok(Installed { version: Version(version), maps_tones })
}

/// The second column is the name.
fn lists(table: &str, name: &str) -> bool {
    table.lines().any(|line| line.split_ascii_whitespace().nth(1) == Some(name))
}

async fn print(config: &FfmpegConfig, program: &Path, what: &str) -> Result<String, MediaError> {
    let call = Call { program: program.to_owned(), args: Vec::new() }.words("-hide_banner").arg(what);
    let limits = &config.limits;
    let bounds =
        Bounds { wall: limits.look, stall: limits.look, memory: limits.look_memory, urgency: Urgency::Now };
    let mut printed = String::new();
    let ended = process::run(config, &call, bounds, |line| {
        printed.push_str(line);
        printed.push('\n');
        Heard::Progress
    })
    .await;
    let program = program.display();
    match ended {
        Ok(ended) if ended.success() => Ok(printed),
        Ok(ended) => {
            Err(MediaError::Unavailable(format!("{program} does not run ({:?}): {ADVICE}", ended.end)))
        }
        Err(error) => {
            Err(MediaError::Unavailable(format!("{program} cannot be started ({error}): {ADVICE}")))
        }
    }
}
