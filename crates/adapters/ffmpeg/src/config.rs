//! Where the programs are and what they may use.

use crate::limits::Limits;
use service_kit::settings::{self, Setting, Settings};
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

    /// Reads the settings.
    #[must_use]
    pub fn from_settings(settings: &mut Settings<'_>) -> Self {
        let (ffmpeg, ffprobe) = (program(settings, settings::FFMPEG), program(settings, settings::FFPROBE));
        let mut config = Self::new(ffmpeg, ffprobe);
        config.limits.seconds = settings.value(settings::SOURCE_MAX_SECONDS, "a number of seconds", 43_200);
        config.limits.bytes = settings.value(settings::UPLOAD_MAX_BYTES, "a number of bytes", 0);
        config
    }
}

/// The absolute path of a program: encoders run without a PATH of their own.
fn program(settings: &mut Settings<'_>, setting: Setting) -> PathBuf {
    let text = settings.text(setting);
    in_path(&text).unwrap_or_else(|| {
        let problem = format!("the program {text:?} is not there. Install ffmpeg, or name its path");
        settings.problem(setting, problem);
        PathBuf::from(text)
    })
}

fn in_path(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return std::fs::canonicalize(program).ok().filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
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
