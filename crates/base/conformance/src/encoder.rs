//! The suite of encoders.
