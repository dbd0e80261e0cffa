//! HLS playlists as pure functions, a parser, and the rule checker.
//!
//! The model ([`MediaPlaylist`], [`MasterPlaylist`]) is what a service fills in and `to_m3u8` writes.
//! [`Playlist::parse`] reads either kind back, and [`webvtt`] does both for subtitles. [`check_media`], [`check_master`], [`check_renditions`] and
//! [`check_history`] judge any text against RFC 8216, its successor draft (8216bis) and Apple's authoring
//! specification, and name the line; a [`Follower`] does so with a history that has no end.
//! [`check_delivery`] and [`check_measured`] judge what others asked for and measured.
//!
//! The API serves what the writer makes; the live state machine changes a playlist only through
//! [`MediaPlaylist::append`], [`MediaPlaylist::drop_first`] and [`MediaPlaylist::end`]; tests and the
//! `hls-check` command run the rules. Nothing here does I/O, reads a clock, or panics on any input.

mod decimal;
mod duration;
mod frame_rate;
pub mod live;
mod model;
mod parse;
mod rules;
mod survey;
pub mod vod;
pub mod webvtt;
mod write;

pub use duration::{BadDuration, SegmentDuration};
pub use frame_rate::{BadFrameRate, FrameRate};
pub use model::master::{
    FramesVariant, MasterPlaylist, MediaRendition, RenditionKind, Resolution, Selection, Variant, VideoRange,
};
pub use model::media::{ByteRange, Kind, Map, MediaPlaylist, Segment, StartOffset};
pub use model::mutation::{MIN_WINDOW_SEGMENTS, MIN_WINDOW_TARGET_DURATIONS, MutationError};
pub use parse::{ParseError, Playlist, Problem};
pub use rules::delivery::{Request, Resource};
pub use rules::finding::{Finding, RuleInfo};
pub use rules::follower::{Follower, Snapshot};
pub use rules::measured::{
    MeasuredMedia, MeasuredRendition, MeasuredSegment, MeasuredVariant, MediaTimes, Pictures, Rates,
};
pub use rules::renditions::{RenditionText, Track};
pub use rules::{
    catalogue, check_delivery, check_history, check_master, check_measured, check_measured_together,
    check_media, check_renditions,
};
pub use survey::{NamedPlaylist, NamedSegment, NamedSegments, Survey};
