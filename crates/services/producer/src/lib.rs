//! The producer: stands in for uploaders and encoders, so that there is something to see.
//!
//! One thread uploads small videos through the API, as any client does, and deletes the oldest. Another is an encoder at a
//! match: it starts a stream through the API, then stores one segment after the other and publishes its event straight to
//! `live-chunks`, so that the API may be away meanwhile; it consumes `live-control` and sends again what it is asked for.
//! Everything is made once, at the start: pictures whose second of the minute is known, from a loop that is stamped so that it
//! looks like one long recording. On purpose, and seldom: a gap in each stream, and wrong checksums.

mod client;
mod config;
mod journal;
mod live;
mod media;
mod metrics;
mod service;
mod ts;
mod vod;

pub use config::{Config, api_endpoint};
pub use service::{Deps, Producer};
