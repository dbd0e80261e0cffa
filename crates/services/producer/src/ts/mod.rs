//! MPEG transport streams (ISO/IEC 13818-1) of one programme: H.264 pictures and AAC sound, with times and counters that go
//! on from segment to segment.

mod packet;
mod pes;
mod segment;
mod tables;
#[cfg(test)]
mod tests;

pub(crate) use packet::Counters;
pub(crate) use segment::{Unit, segment};

/// Ticks per second of presentation times.
pub(crate) const TICKS_PER_SECOND: u64 = 90_000;

/// Times are counted modulo this (2.4.3.6).
pub(crate) const WRAP: u64 = 1 << 33;
