//! The event log on Kafka, through librdkafka.
//!
//! - A publish returns once all replicas that must have the record have it (`acks=all`, idempotent).
//! - Groups are Kafka's, with static members: a process that is killed and started again has its partitions
//!   back at once, one that stops hands them over at once, and one that vanishes is replaced after 6 seconds.
//! - Commits are awaited. Whoever lost a partition commits nothing there.
//! - A Kafka that is away is `Unavailable` within 10 seconds; everything goes on by itself when it is back.
//! - The async runtime never waits for Kafka: each consumer has a thread that does nothing but receive.

mod client;
mod committer;
mod config;
mod follower;
mod inbox;
mod leaving;
mod linger;
mod log;
mod member;
mod names;
mod ownership;
mod producer;
mod reception;
mod record;
mod removal;
mod seat;
mod topics;

pub use config::Config;
pub use log::Log;
pub use names::Names;
pub use topics::TopicsError;
