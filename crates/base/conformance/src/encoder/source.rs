//! Sources with contents that can be recognized: pictures that carry their number, sound that is known.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// Bits of the number that a picture carries, as vertical bars from left (1) to right.
pub(super) const BITS: usize = 16;

/// A folder with sources and scratch folders.
pub(super) struct Sources {
    folder: TempDir,
}

impl Sources {
    pub(super) fn new() -> Self {
        Self { folder: TempDir::new().expect("a folder for sources") }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A fresh, empty folder.
    pub(super) fn scratch(&self) -> TempDir {
        TempDir::new_in(self.folder.path()).expect("a scratch folder")
    }

    /// A file with these bytes.
    pub(super) fn written(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("the file is written");
        path
    }

    /// Has ffmpeg make a file: `inputs` and `outputs` are arguments that hold no spaces.
    pub(super) fn made(&self, name: &str, inputs: &[&str], outputs: &str) -> PathBuf {
        let path = self.path(name);
        let inputs = inputs.iter().flat_map(|input| ["-f", "lavfi", "-i", input]);
        ffmpeg(inputs.chain(outputs.split(' ')), &path);
        path
    }

    /// Pictures with their numbers and a tone; H.264 with B-frames and keyframes that lie on no boundary of a
    /// segment.
    pub(super) fn counted(&self, name: &str, rate: &str, seconds: u32, more: &str) -> PathBuf {
        let video = counter(rate);
        let outputs = format!(
            "-t {seconds} -c:v libx264 -preset ultrafast -bf 3 -g 97 -keyint_min 97 -sc_threshold 0 \
             -pix_fmt yuv420p -c:a aac {more}"
        );
        let outputs = outputs.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        self.made(name, &[&video, "sine=frequency=440:sample_rate=44100"], &outputs)
    }
}

/// A filter graph of pictures that carry their numbers.
pub(super) fn counter(rate: &str) -> String {
    let bit = format!("if(lt(mod(floor(N/pow(2,floor(X*{BITS}/W))),2),1),16,235)");
    format!("color=black:s=320x180:r={rate},geq=lum='{bit}':cb=128:cr=128")
}

/// Runs ffmpeg with these arguments and an output.
pub(super) fn ffmpeg<'a>(args: impl IntoIterator<Item = &'a str>, output: &Path) {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-v", "error", "-y"]).args(args).arg(output);
    run(&mut command);
}

/// Runs a program that has to succeed without a word.
pub(super) fn run(command: &mut Command) -> Output {
    let output = command.output().expect("ffmpeg is installed");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{command:?}: {}: {stderr}", output.status);
    output
}
