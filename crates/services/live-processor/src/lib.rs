//! The live processor: turns the segments of live streams into playlists that are right at every instant, and into
//! recordings the moment they end.
//!
//! Consumes `live-chunks`. Produces `live-playlists` for those who serve viewers, `live-control` for encoders, the documents
//! of streams and segments, the archive of playlists, and a video for each stream that has ended. Guarantees that nothing is
//! seen that was not committed, that a replay decides nothing twice, and that every segment that was published is in the
//! recording once, or its place is a gap. A stream has one owner at a time, which holds what is undecided in memory: the log
//! sends it again to the next.

mod archive;
mod census;
mod config;
mod desk;
mod forward;
mod ingest;
mod intake;
mod looks;
mod metrics;
mod offsets;
mod recording;
mod retirement;
mod service;
mod shared;
mod stalls;

pub use config::Config;
pub use service::{Deps, LiveProcessor};
