//! Where the programs are and what they may use.

use crate::limits::Limits;
use std::{ffi::OsString, path::PathBuf};

/// How an [`crate::Ffmpeg`] is set up.
#[derive(Debug, Clone)]
pub struct FfmpegConfig {
    /// The `ffmpeg` program, as an absolute path.
    pub ffmpeg: PathBuf,
    /// The `ffprobe` program, as an absolute path.
    pub ffprobe: PathBuf,
    /// What sources may be and cost.
    pub limits: Limits,
    /// Threads of each encoder; `None`: as many as x264 chooses.
    pub threads: Option<u32>,
    /// A program and its arguments that become ffmpeg after a preparation, such as a sandbox; empty: none.
    /// The process must stay the same (`exec`), since it is killed by its number.
    pub launcher: Vec<OsString>,
}

impl FfmpegConfig {
    /// These programs with the default limits. Where util-linux's `setpriv` is installed, it launches them,
    /// so that they end when this process is killed and cannot end them itself.
    #[must_use]
    pub fn new(ffmpeg: PathBuf, ffprobe: PathBuf) -> Self {
        Self { ffmpeg, ffprobe, limits: Limits::default(), threads: None, launcher: end_with_parent() }
    }
}

fn end_with_parent() -> Vec<OsString> {
    let supported = |program: &str| {
        std::process::Command::new(program)
            .args(["--pdeathsig", "KILL", "--", program, "--version"])
            .output()
            .is_ok_and(|output| output.status.success())
    };
    ["/usr/bin/setpriv", "/bin/setpriv"]
        .into_iter()
        .find(|program| supported(program))
        .map(|program| [program, "--pdeathsig", "KILL", "--"].map(OsString::from).to_vec())
        .unwrap_or_default()
}
