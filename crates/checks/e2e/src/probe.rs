//! Packets and frames as ffprobe finds them.

use crate::tools::run;
use anyhow::{Context, Result};
use serde::Deserialize;

/// A coded picture or sound frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Packet {
    /// When it is presented, in seconds.
    pub at: f64,
    /// How long, in seconds.
    pub lasts: f64,
    /// Decoding may begin with it.
    pub key: bool,
}

#[derive(Deserialize)]
struct Packets {
    packets: Vec<RawPacket>,
}

#[derive(Deserialize)]
struct RawPacket {
    pts_time: String,
    duration_time: Option<String>,
    #[serde(default)]
    flags: String,
}

/// The packets of one stream (`v:0`, `a:0`) in decoding order.
///
/// # Errors
/// ffprobe fails or a packet has no time.
pub async fn packets(input: &str, stream: &str) -> Result<Vec<Packet>> {
    let entries = "packet=pts_time,duration_time,flags";
    let arguments =
        ["-v", "error", "-select_streams", stream, "-show_entries", entries, "-of", "json", input];
    let output = run("ffprobe", &arguments).await?;
    let parsed: Packets = serde_json::from_slice(&output.stdout)?;
    parsed.packets.into_iter().map(RawPacket::packet).collect()
}

impl RawPacket {
    fn packet(self) -> Result<Packet> {
        let lasts = self.duration_time.as_deref().map_or(Ok(0.0), str::parse)?;
        Ok(Packet { at: self.pts_time.parse()?, lasts, key: self.flags.contains('K') })
    }
}

/// How many pictures decode, counted one by one.
///
/// # Errors
/// ffprobe fails.
pub async fn count_frames(input: &str) -> Result<u64> {
    let entries = "stream=nb_read_frames";
    let arguments = [
        "-v",
        "error",
        "-select_streams",
        "v:0",
        "-count_frames",
        "-show_entries",
        entries,
        "-of",
        "default=nk=1:nw=1",
        input,
    ];
    let output = run("ffprobe", &arguments).await?;
    // A program of an HLS master repeats its streams.
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().unwrap_or_default().trim().parse().with_context(|| format!("frames of {input}"))
}

/// When a stream begins, in seconds.
///
/// # Errors
/// ffprobe fails.
pub async fn start_seconds(input: &str, stream: &str) -> Result<f64> {
    let entries = "stream=start_time";
    let arguments = [
        "-v",
        "error",
        "-select_streams",
        stream,
        "-show_entries",
        entries,
        "-of",
        "default=nk=1:nw=1",
        input,
    ];
    let output = run("ffprobe", &arguments).await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let first = text.lines().next().unwrap_or_default();
    first.trim().parse().with_context(|| format!("start of {stream} of {input}: {text:?}"))
}
