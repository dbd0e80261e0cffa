//! What every service shares, written once: settings, the system clock, typed documents with their outbox, consuming with
//! ordered commits, retries of what is away, telemetry, and the supervisor that runs services side by side.
//!
//! Only this crate reads the environment, installs a tracing subscriber and listens for signals.

mod backoff;
mod clock;
mod collection;
mod commits;
mod consumer;
mod metrics;
mod relay;
pub mod settings;
mod source;
mod supervisor;
mod telemetry;

pub use backoff::{Unavailable, until_available};
pub use clock::SystemClock;
pub use collection::{ChangeError, Collection, DecodeError, Found};
pub use consumer::{Consumer, Handler};
pub use metrics::{MetricsError, counter, gauge, histogram, render};
pub use relay::{Relay, sweep};
pub use source::SourceFile;
pub use supervisor::{Service, stop_on_signal, supervise};
pub use telemetry::init_tracing;
