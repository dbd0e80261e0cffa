//! The control plane: uploads, playback, the catalog over HTTP.
//!
//! Consumes nothing but hints (`transcode-results`, to end the waits of viewers early). Produces, by the outbox of the video
//! that it inserts, `vod-chunks`. Guarantees that an acknowledged upload is stored, recorded and announced, and that one
//! which is not acknowledged leaves nothing; that a segment's address answers with the planned segment, waits, or says 404.

mod bell;
mod catalog;
mod config;
mod health;
mod metrics;
mod path;
mod playback;
mod problem;
mod routes;
mod service;
mod state;
mod upload;

pub use config::{Config, MediaDelivery};
pub use service::{Api, Deps, StartError};
