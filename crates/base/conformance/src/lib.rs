//! One suite per port, which every adapter passes: the ports' promises, as tests.
//!
//! Each case is a function over the port; a macro makes one test of each, so that a run shows how many there are:
//! `conformance::documents!(open)`, `conformance::event_log!(open)`, `conformance::object_store!(open)`,
//! `conformance::encoder!(open)`, where `open` is an async function that gives a fresh adapter and what keeps it alive, or
//! nothing when the server that it needs is absent: it has then reported the skip.

pub mod document;
pub mod encoder;
pub mod log;
pub mod object;
mod skip;

pub use skip::{server, skip};
