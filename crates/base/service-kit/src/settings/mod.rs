//! Settings: one table of all there are, and a reader that reports every mistake at once.

mod reader;
mod table;

pub use reader::{Environment, InvalidSettings, Problem, ProcessEnvironment, Settings};
pub use table::*;
