//! Ids, events, states and their legal transitions, object keys, the ladder and the plan.
//!
//! Everything here is a value or a pure function: no I/O, no async runtime, no clock (the time of a decision is an
//! argument). What a status may become, what a video is cut into, who is served first: it is decided here, tested with
//! properties here, and only carried out elsewhere.

pub mod audio;
pub mod collection;
pub mod completeness;
pub mod document;
pub mod event;
pub mod fair;
pub mod grid;
pub mod h264;
pub mod id;
pub mod index_set;
pub mod job;
pub mod ladder;
pub mod letter;
pub mod live;
pub mod media;
pub mod note;
pub mod object;
pub mod plan;
pub mod programme;
pub mod rate;
pub mod rejection;
pub mod retry;
pub mod stills;
pub mod subtitles;
pub mod task;
pub mod time;
pub mod timeline;
pub mod video;

pub use id::{EventId, JobId, StreamId};
pub use time::Timestamp;
