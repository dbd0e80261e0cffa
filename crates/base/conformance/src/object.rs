//! The suite of object stores.
