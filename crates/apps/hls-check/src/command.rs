//! The command line.

use clap::{ArgAction, Parser};
use std::{path::PathBuf, str::FromStr, time::Duration};

/// Says which rules of HLS a stream breaks: RFC 8216, its successor draft, Apple's authoring specification.
///
/// Every finding names the clause, the line, the measured and the allowed value. The exit code is 0 if no
/// rule is broken, 1 if one is, 2 if the check could not be made.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 80)]
pub(crate) struct Command {
    /// Addresses (http, https), playlist files, or folders that hold playlists.
    #[arg(value_name = "TARGET", required_unless_present = "rules")]
    pub(crate) targets: Vec<String>,
    /// Follows live playlists until they end, or for a time such as 90s or 5m.
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) live: Option<Until>,
    /// Takes the files (or those in a folder, by name) as snapshots of one playlist, oldest first. Names that
    /// are numbers say when, in milliseconds.
    #[arg(long, conflicts_with = "live")]
    pub(crate) history: bool,
    /// With --live: keeps every snapshot in this folder, as --history reads them.
    #[arg(long, value_name = "FOLDER", requires = "live")]
    pub(crate) record: Option<PathBuf>,
    /// How many segments of each playlist to ask for, spread evenly; with --live all that are new as well, unless 0.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    pub(crate) segments: usize,
    /// Downloads these segments and looks into them: lengths, timestamps, keyframes, formats, sizes, texts, and,
    /// where they are all there are, the rates.
    #[arg(long)]
    pub(crate) media: bool,
    /// With --media: asks ffprobe as well, and says where it sees something else.
    #[arg(long, requires = "media")]
    pub(crate) ffprobe: bool,
    /// Knows the one exception: segments of a video that is being encoded may be held when they are asked for,
    /// so they are not.
    #[arg(long, conflicts_with = "media")]
    pub(crate) while_encoding: bool,
    /// Leaves out the findings of a rule; may be given again.
    #[arg(long, value_name = "RULE", action = ArgAction::Append, value_parser = known_rule)]
    pub(crate) ignore: Vec<String>,
    /// Seconds to wait for an answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) timeout: u64,
    /// Writes the report as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Lists every rule.
    #[arg(long)]
    pub(crate) rules: bool,
}

/// For how long live playlists are followed; `None`: until they end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Until(pub(crate) Option<Duration>);

impl Command {
    /// How long to wait for an answer.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// How many segments of each playlist to ask for.
    pub(crate) fn asked(&self) -> usize {
        if self.while_encoding { 0 } else { self.segments }
    }
}

impl FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let time = text.parse::<jiff::SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
        time.map(|time| Self(Some(time))).ok_or_else(|| "write a time such as 90s or 5m".to_owned())
    }
}

fn known_rule(id: &str) -> Result<String, String> {
    let known = hls::catalogue().iter().any(|rule| rule.id == id);
    known.then(|| id.to_owned()).ok_or_else(|| "there is no such rule; --rules lists all".to_owned())
}
