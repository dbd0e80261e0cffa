//! The control plane: uploads, playback, the catalog over HTTP.
//!
//! Consumes hints (`transcode-results`, to end the waits of viewers early) and, each process for itself, `live-playlists`, which
//! it answers from memory. Produces, by the outbox of what it writes, `vod-chunks` and the end of a stream on `live-chunks`.
//! Guarantees that an acknowledged upload is stored, recorded and announced, and that one which is not acknowledged leaves
//! nothing; that a segment's address answers with the planned segment, waits, or says 404; that a live playlist never goes back.

mod bell;
mod body;
mod catalog;
mod config;
mod health;
mod live;
mod metrics;
mod path;
mod playback;
mod problem;
mod routes;
mod service;
mod state;
mod trace;
mod upload;

pub use config::{Config, MediaDelivery};
pub use service::{Api, Deps, StartError};
