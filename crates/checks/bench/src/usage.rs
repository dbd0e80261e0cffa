//! What processes use: CPU time and memory, from /proc and getrusage.

use crate::clock;
use anyhow::Context;
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};
use procfs::process::Process;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::task::AbortHandle;

/// How often memory is looked at.
const SAMPLE_EVERY: Duration = Duration::from_millis(50);
const MIB: f64 = 1024.0 * 1024.0;

/// User and system time of all children that this process has waited for, with their own, in seconds.
pub(crate) fn children_cpu_seconds() -> anyhow::Result<f64> {
    rusage_seconds(UsageWho::RUSAGE_CHILDREN)
}

/// User and system time of this process, in seconds.
pub(crate) fn own_cpu_seconds() -> anyhow::Result<f64> {
    rusage_seconds(UsageWho::RUSAGE_SELF)
}

fn rusage_seconds(who: UsageWho) -> anyhow::Result<f64> {
    let used = getrusage(who).context("getrusage")?;
    let micros = used.user_time().num_microseconds() + used.system_time().num_microseconds();
    Ok(micros as f64 / 1e6)
}

/// User and system time of a running process, its running descendants, and all that they have waited for, in
/// seconds.
pub(crate) fn cpu_seconds(id: u32) -> anyhow::Result<f64> {
    let own = ticks(id).with_context(|| format!("reading /proc/{id}/stat"))?;
    // One that ends in between is counted by its parent the next time.
    let below: u64 = descendants(id).into_iter().filter_map(|child| ticks(child).ok()).sum();
    Ok((own + below) as f64 / procfs::ticks_per_second() as f64)
}

fn ticks(id: u32) -> Result<u64, procfs::ProcError> {
    let stat = process(id)?.stat()?;
    let waited_for = u64::try_from(stat.cutime + stat.cstime).unwrap_or_default();
    Ok(stat.utime + stat.stime + waited_for)
}

fn process(id: u32) -> Result<Process, procfs::ProcError> {
    // The kernel's highest process number is 2^22.
    Process::new(i32::try_from(id).unwrap_or(i32::MAX))
}

/// The most that was ever resident of one process, in MiB (`VmHWM`).
pub(crate) fn high_water_mib(id: u32) -> anyhow::Result<f64> {
    let status = process(id).and_then(|process| process.status()).context("reading a process's status")?;
    Ok(status.vmhwm.unwrap_or_default() as f64 / 1024.0)
}

/// What is resident of a process and everything below it, in MiB. Pages that several of them map count for
/// each.
pub(crate) fn resident_mib(id: u32) -> f64 {
    mib(resident_bytes(id))
}

fn resident_bytes(id: u32) -> u64 {
    std::iter::once(id).chain(descendants(id)).map(own_resident_bytes).sum()
}

/// What is resident of a process without its children, in MiB.
pub(crate) fn own_resident_mib(id: u32) -> f64 {
    mib(own_resident_bytes(id))
}

fn own_resident_bytes(id: u32) -> u64 {
    let pages = process(id).and_then(|process| process.statm()).map_or(0, |memory| memory.resident);
    pages * procfs::page_size()
}

/// Bytes as MiB.
pub(crate) fn mib(bytes: u64) -> f64 {
    bytes as f64 / MIB
}

/// The size of all files below a folder, in MiB.
pub(crate) fn size_mib(folder: &Path) -> anyhow::Result<f64> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.and_then(|e| e.metadata()));
    let sizes = files.map(|file| file.map(|data| if data.is_file() { data.len() } else { 0 }));
    let total: u64 = sizes.sum::<Result<_, _>>().with_context(|| format!("reading {}", folder.display()))?;
    Ok(mib(total))
}

/// Every process below one, nearest first.
pub(crate) fn descendants(id: u32) -> Vec<u32> {
    let mut found = children(id);
    let mut next = 0;
    while next < found.len() {
        found.extend(children(found[next]));
        next += 1;
    }
    found
}

/// Each thread has a list of what it started.
fn children(id: u32) -> Vec<u32> {
    let Ok(threads) = process(id).and_then(|process| process.tasks()) else { return Vec::new() };
    threads.flatten().filter_map(|thread| thread.children().ok()).flatten().collect()
}

/// Watches memory until it is dropped.
pub(crate) struct MemoryWatch {
    peak: Arc<AtomicU64>,
    task: AbortHandle,
}

impl MemoryWatch {
    /// Begins to watch a process and everything below it.
    pub(crate) fn begin(id: u32) -> Self {
        Self::watch(move || resident_bytes(id))
    }

    /// Begins to watch these processes together, without what is below them.
    pub(crate) fn begin_own(ids: Vec<u32>) -> Self {
        Self::watch(move || ids.iter().copied().map(own_resident_bytes).sum())
    }

    fn watch(resident: impl Fn() -> u64 + Send + 'static) -> Self {
        let peak = Arc::new(AtomicU64::new(0));
        let seen = peak.clone();
        let task = tokio::spawn(async move {
            loop {
                seen.fetch_max(resident(), Ordering::Relaxed);
                clock::pause(SAMPLE_EVERY).await;
            }
        });
        Self { peak, task: task.abort_handle() }
    }

    /// The highest sum seen so far, in MiB.
    pub(crate) fn peak_mib(&self) -> f64 {
        mib(self.peak.load(Ordering::Relaxed))
    }
}

impl Drop for MemoryWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_process_and_what_is_below_it_are_seen() {
        // The shell stays, since it has something to do after the sleep.
        let mut shell =
            crate::child::Process::start(Command::new("sh").args(["-c", "sleep 60; true"])).unwrap();
        while descendants(shell.id()).is_empty() {
            assert_eq!(shell.status().unwrap(), None);
            std::thread::yield_now();
        }
        let sleeper = descendants(shell.id())[0];
        assert!(resident_mib(shell.id()) > resident_mib(sleeper));
        assert!(cpu_seconds(shell.id()).unwrap() < 60.0);
        drop(shell);
        let gone = |id| process(id).and_then(|p| p.stat()).map_or(true, |stat| stat.state == 'Z');
        while !gone(sleeper) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_cpu_time_of_a_child_is_found_after_it_ended() {
        let before = children_cpu_seconds().unwrap();
        let busy = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done";
        assert!(Command::new("sh").args(["-c", busy]).status().unwrap().success());
        assert!(children_cpu_seconds().unwrap() > before);
    }
}
