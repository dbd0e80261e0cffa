//! What a source may be, and what looking into it or encoding a part of it may cost.

use std::time::Duration;

/// Limits on sources and on the processes that read them.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// The largest file in bytes.
    pub bytes: u64,
    /// The longest source in seconds.
    pub seconds: u64,
    /// The most pixels of a coded picture, width times height.
    pub pixels: u64,
    /// The most pictures per second on average. What is faster than players like is thinned out, so this only
    /// keeps nonsense away.
    pub rate: f64,
    /// The most pictures in all: 120 per second for as long as the longest source.
    pub pictures: usize,
    /// The most streams in a container.
    pub streams: u32,
    /// Wall-clock time for a look at the headers, and for the first pictures to decode.
    pub look: Duration,
    /// Wall-clock time for reading all packets of a source, which goes at the speed of the disk.
    pub packets: Duration,
    /// Address space for a look, in bytes.
    pub look_memory: u64,
    /// Wall-clock time for one encode.
    pub encode: Duration,
    /// Address space for an encode, in bytes.
    pub encode_memory: u64,
    /// The longest time without any progress.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 20 << 30,
            seconds: 12 * 60 * 60,
            pixels: 8192 * 4352,
            rate: 1000.0,
            pictures: 12 * 60 * 60 * 120,
            streams: 32,
            look: Duration::from_secs(30),
            packets: Duration::from_secs(15 * 60),
            look_memory: 1 << 30,
            encode: Duration::from_secs(20 * 60),
            encode_memory: 8 << 30,
            stall: Duration::from_secs(60),
        }
    }
}
