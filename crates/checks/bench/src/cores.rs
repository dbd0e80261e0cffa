//! Which cores programs run on.

use anyhow::Context;
use procfs::process::Process;
use std::{path::Path, process::Command};

/// The cores that this process may use.
pub(crate) fn allowed() -> anyhow::Result<Vec<u32>> {
    let status = Process::myself().and_then(|own| own.status()).context("reading this process's status")?;
    let ranges = status.cpus_allowed_list.context("the kernel does not tell which cores may be used")?;
    Ok(ranges.into_iter().flat_map(|(first, last)| first..=last).collect())
}

/// A command that starts a program, on one core if one is given. `taskset` becomes the program, so that its process is that of
/// the program, and all of its threads are bound.
pub(crate) fn bound(program: &Path, core: Option<u32>) -> Command {
    let Some(core) = core else { return Command::new(program) };
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]).arg(program);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_program_sees_its_core_alone() {
        let core = allowed().unwrap()[0];
        let output = bound(Path::new("nproc"), Some(core)).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "1");
    }
}
