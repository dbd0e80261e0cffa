//! The repository's own rules as pure functions: each takes what it looks at and returns what breaks it.
//!
//! `tests/repository.rs` runs them over the real tree; beside each rule stand tests that it can fail.

pub mod compose;
pub mod folders;
pub mod links;
pub mod names;
pub mod openings;
pub mod paths;
pub mod settings;
pub mod tree;
pub mod vendors;
