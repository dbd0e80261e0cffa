//! The transcode worker: claims jobs, encodes them, records what came out.
//!
//! Consumes the doorbell `transcode-tasks` as a hint; the catalog is the queue. Produces segments in the object store and,
//! by the outbox of the job that it completes, `transcode-results`. Guarantees that a job's output is stored and verified
//! before the job says `done`, that at most one attempt is recorded, and that no child process outlives it.

mod attempt;
mod claim;
mod config;
#[cfg(test)]
mod doubles;
mod lease;
mod metrics;
mod recover;
mod room;
mod service;
mod slot;
mod store;

pub use config::Config;
pub use service::{Deps, TranscodeWorker};
