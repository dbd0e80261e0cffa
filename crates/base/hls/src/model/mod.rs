//! Playlists as types, made so that most illegal ones cannot be written down.

pub(crate) mod master;
pub(crate) mod media;
pub(crate) mod mutation;
