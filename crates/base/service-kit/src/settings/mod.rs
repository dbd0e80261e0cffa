//! Settings: one table of all there are, and a reader that reports every mistake at once.

mod process;
mod reader;
mod table;

pub use process::{ProcessSettings, instance};
pub use reader::{Environment, InvalidSettings, Problem, ProcessEnvironment, Settings};
pub use table::*;
