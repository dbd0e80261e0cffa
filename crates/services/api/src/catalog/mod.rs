//! The catalog: what videos and jobs there are.

pub(crate) mod jobs;
pub(crate) mod letters;
pub(crate) mod listing;
pub(crate) mod stats;
pub(crate) mod videos;
