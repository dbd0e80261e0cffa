//! The suite of event logs.
