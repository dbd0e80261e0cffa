//! The command line.

use clap::{Args, Parser, Subcommand, value_parser};
use std::path::PathBuf;

/// Measures the product from outside.
///
/// The binary under test is BENCH_STANDALONE_BIN, or `standalone` beside this program. Settings such as
/// TRANSCODE_SLOTS reach it from the environment. Linux only: the figures come from /proc.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Command {
    /// Which bench.
    #[command(subcommand)]
    pub(crate) bench: Bench,
}

/// The benches.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// Upload to ready, beside one bare ffmpeg run over the same ladder.
    ///
    /// Each round measures three things, one after the other: one bare ffmpeg process that decodes once and
    /// makes the same renditions with the same settings; the same for the first segment only; and a fresh
    /// standalone process with one upload, watched by a player, until the video is ready. Medians of all
    /// rounds count.
    ///
    /// CPU is user and system time: of the ffmpeg process by getrusage; of standalone and all of its
    /// children, from its start until ready, by /proc/PID/stat.
    Vod(VodArguments),
    /// Start to ready, and memory with nothing to do.
    Idle(IdleArguments),
}

/// What `bench vod` is told.
#[derive(Debug, Args)]
pub(crate) struct VodArguments {
    /// The video to encode. Without it a source is made once and kept: camera moves over fine and flat detail
    /// with film grain, a cut every six seconds, moving graphics on top; H.264 with B-frames and a keyframe
    /// every 250 frames, about 10 Mbit/s at 1080p30; stereo AAC.
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// Length of the made source, in seconds.
    #[arg(long, value_name = "S", default_value_t = 60, value_parser = value_parser!(u32).range(5..=3600))]
    pub(crate) seconds: u32,
    /// Picture size of the made source.
    #[arg(long, value_name = "SIZE", default_value = "1920x1080", value_parser = size)]
    pub(crate) size: (u32, u32),
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `bench idle` is told.
#[derive(Debug, Args)]
pub(crate) struct IdleArguments {
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every bench is told.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Rounds; medians count.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value_parser!(u32).range(1..=100))]
    pub(crate) runs: u32,
    /// Writes all figures to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Ends with exit code 1 when a target is missed.
    #[arg(long)]
    pub(crate) strict: bool,
}

/// Even sides, as 4:2:0 needs them.
fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    sides
        .filter(|(w, h)| {
            [*w, *h].iter().all(|side: &u32| side.is_multiple_of(2) && (64..=7680).contains(side))
        })
        .ok_or_else(|| {
            format!("{text:?} is not a size; write WIDTHxHEIGHT, even and 64 to 7680, such as 1280x720")
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Command::command().debug_assert();
    }

    #[test]
    fn sizes_are_even_and_of_two_sides() {
        assert_eq!(size("1280x720"), Ok((1280, 720)));
        for wrong in ["1280", "1281x720", "x", "0x0", "99999x2"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
