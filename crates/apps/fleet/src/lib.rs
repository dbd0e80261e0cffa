//! One service of the fleet as a process: settings, adapters, monitoring, signals. The binaries say which service.

mod command;
mod healthcheck;
mod process;
mod role;
pub mod roles;
mod secret;
mod settings;
mod world;

pub use process::run;
pub use role::Role;
pub use world::World;
