//! WebVTT (W3C WebVTT, RFC 8216 3.5): subtitles as text, read, cut into segments and written.

mod cut;
mod read;
mod write;

pub use cut::segments;

/// A WebVTT file, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebVtt {
    /// How its times and those of the media belong together (RFC 8216 3.5); none: they are the same.
    pub timestamp_map: Option<TimestampMap>,
    /// What is shown, in the order of the file.
    pub cues: Vec<Cue>,
    /// The lines, from 1, at which something begins that is no part of a WebVTT file.
    pub unreadable: Vec<usize>,
}

/// X-TIMESTAMP-MAP: two names of the same moment (RFC 8216 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampMap {
    /// In the media, in ticks of 90 kHz.
    pub mpegts: u64,
    /// In the file, in microseconds.
    pub local_us: u64,
}

/// A text and when it is shown (W3C WebVTT 3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cue {
    /// When it appears, in microseconds.
    pub start_us: u64,
    /// When it disappears; later than `start_us`.
    pub end_us: u64,
    /// Where it is shown, as `position:10% align:start`; empty: where players like.
    pub settings: String,
    /// Its lines. None is blank, and none holds an arrow.
    pub text: String,
}

/// Why a text is no WebVTT file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoWebVtt {
    /// The first line is another one.
    #[error("it does not begin with WEBVTT")]
    Signature,
}
