//! Live streams at the API: started, watched, ended, recorded.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod catalog;
mod ending;
mod stage;
mod starting;
mod watching;
mod whole;
