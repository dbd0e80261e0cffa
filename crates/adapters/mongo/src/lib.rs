//! The documents in MongoDB: a plain server is enough, as nothing needs transactions, sessions or change
//! streams.
//!
//! [`Catalog`] guarantees:
//! - A write that returned is on the disks of a majority (`w: "majority", j: true`), and only such writes are
//!   read.
//! - Every write changes one document, under a filter of its id and revision.
//! - A write whose reply was lost is looked up: it is never called a conflict when it took place.
//! - Each call ends within [`PATIENCE`], whatever the server and the network do, and the next one finds a
//!   server that came back.

mod call;
mod catalog;
mod config;
mod field;
mod find;
mod open;
mod record;
mod removal;
mod value;
mod write;

pub use call::PATIENCE;
pub use catalog::Catalog;
pub use config::Config;
pub use open::OpenError;
