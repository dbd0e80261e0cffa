//! What the suite of the port does not ask: opening, what a person sees in the database, and faults on the
//! way to it.

mod away;
mod documents;
mod lost;
mod opening;
mod proxy;
#[path = "../scratch/mod.rs"]
mod scratch;
