//! The machine that is measured on: a figure without it means nothing.

use crate::usage;
use anyhow::Context;
use procfs::{Current, CurrentSI, KernelStats, LoadAverage};
use serde::Serialize;

/// What a run took place on.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    /// Cores that this process may use.
    pub(crate) cores: usize,
    /// The processor's name.
    pub(crate) processor: String,
    /// The load average of the last minute before the bench began.
    pub(crate) load_before: f32,
}

impl Machine {
    /// Looks at this machine.
    pub(crate) fn look() -> anyhow::Result<Self> {
        let processors = procfs::CpuInfo::current().context("reading /proc/cpuinfo")?;
        let load = LoadAverage::current().context("reading /proc/loadavg")?;
        Ok(Self {
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            processor: processors.model_name(0).unwrap_or("unknown").to_owned(),
            load_before: load.one,
        })
    }
}

/// A load average, for each core, above which figures are not to be trusted.
const QUIET: f32 = 0.25;

impl Machine {
    /// What a reader has to know when something else was at work before the bench began; else nothing.
    pub(crate) fn caution(&self) -> String {
        if self.load_before <= QUIET * self.cores as f32 {
            return String::new();
        }
        format!(
            "\nThe load average was {:.1} before this began, on {} cores: something else took its\nshare of the \
             machine. Ratios may hold; do not trust times.\n",
            self.load_before, self.cores
        )
    }
}

/// CPU time that everything on the machine but this process has used since it started, in seconds.
pub(crate) fn others_seconds() -> anyhow::Result<f64> {
    let total = KernelStats::current().context("reading /proc/stat")?.total;
    let ticks = total.user + total.nice + total.system;
    Ok(ticks as f64 / procfs::ticks_per_second() as f64 - usage::own_cpu_seconds()?)
}
