//! The event log and the documents in SQLite files: what one machine needs instead of Kafka and MongoDB.
//!
//! Both types guarantee:
//! - A write that returned is on the disk (`synchronous=FULL`): it survives a crash of process and machine.
//! - Writes of many callers share one transaction and one flush; a failing one does not spoil the others.
//! - The async runtime never waits for the disk: one thread writes, blocking threads read.
//! - A full disk, a failing disk or a locked file is `Unavailable`, with SQLite's own words.
//!
//! A file belongs to one process at a time: groups of the log and their wake-ups live in its memory.

mod catalog;
mod failure;
mod file;
mod log;
mod murmur2;
mod readers;
mod writer;

pub use catalog::Catalog;
pub use file::OpenError;
pub use log::Log;
