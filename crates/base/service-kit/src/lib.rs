//! What every service shares, written once: settings, the system clock, typed documents with their outbox, consuming with
//! ordered commits, retries of what is away, telemetry, and the supervisor that runs services side by side.
//!
//! Only this crate reads the environment, installs a tracing subscriber and listens for signals.

mod backoff;
mod clock;
mod collecting;
mod collection;
mod commits;
mod consumer;
mod events;
mod gathering;
mod log_lines;
mod metered;
mod metrics;
mod monitoring;
mod parking;
mod process_metrics;
mod readiness;
mod relay;
mod routine;
mod scratch;
pub mod settings;
mod source;
mod supervisor;
mod telemetry;
pub mod trace;

pub use backoff::{Unavailable, until_available};
pub use clock::SystemClock;
pub use collection::{ChangeError, Collection, DecodeError, Found, Versioned};
pub use commits::Commits;
pub use consumer::{Consumer, Receiver};
pub use events::{EventMetrics, Events, Handler};
pub use gathering::{Gathering, Round, Together};
pub use metered::Meters;
pub use metrics::{
    MetricsError, counter, fraction, fraction_of, from_zero, gauge, histogram, histogram_of, render,
};
pub use monitoring::{Check, Monitoring};
pub use parking::{ORIGIN_HEADER, REASON_HEADER, WHOLE_HEADER, park};
pub use process_metrics::measure_process;
pub use readiness::Readiness;
pub use relay::{Relay, sweep};
pub use routine::repeat;
pub use scratch::emptied;
pub use source::{ByRange, OpenSource, Sources};
pub use supervisor::{Service, stop_on_signal, supervise};
pub use telemetry::{Telemetry, init_tracing};
