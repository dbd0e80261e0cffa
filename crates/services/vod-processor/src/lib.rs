//! The VOD processor: turns an uploaded source into a plan, and finished jobs into a ready video.
//!
//! Consumes `vod-chunks` and `transcode-results`. Produces jobs in the catalog, `transcode-tasks` as a doorbell, and the
//! archive of finished playlists. Guarantees that every video that was acknowledged ends `ready`, `failed`, `rejected` or
//! `deleted`: events may come twice, and what they lost is found by a reconciliation pass.

mod archive;
mod census;
mod cleanup;
mod config;
mod filing;
mod handlers;
mod look;
mod metrics;
mod queue;
mod reaper;
mod reconcile;
mod service;

pub use config::Config;
pub use service::{Deps, VodProcessor};
