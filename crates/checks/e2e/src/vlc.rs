//! VLC without a screen.

use crate::{tool, until};
use anyhow::{Context, Result, bail};
use conformance::skip;
use nix::unistd::Uid;
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, SystemTime},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    process::{Child, Command},
    time::{Instant, timeout},
};

const LIMIT: Duration = Duration::from_secs(120);
/// Nobody's user id and group id, by convention. VLC refuses to run as root.
const NOBODY: &str = "65534";

/// A VLC without a screen, told what to do over a socket.
#[derive(Debug)]
pub struct Vlc {
    folder: TempDir,
    child: Child,
    control: UnixStream,
}

/// What it showed.
#[derive(Debug, Default)]
pub struct Shown {
    /// The first length that it told, in seconds.
    pub length: Option<u64>,
    /// The first position that it told.
    pub began: Option<u64>,
    /// How many pictures it displayed.
    pub pictures: u64,
    /// How many it did not, though they came.
    pub pictures_lost: u64,
    /// How many buffers of sound it did not play, though they came.
    pub sound_lost: u64,
}

impl Vlc {
    /// VLC, or a skip of a test of this name that says what is missing.
    #[must_use]
    pub fn find(test: &str) -> Option<PathBuf> {
        let needed: &[&str] = if Uid::effective().is_root() { &["vlc", "setpriv"] } else { &["vlc"] };
        for name in needed {
            if tool(name).is_none() {
                skip(&format!("vlc {test}"), &format!("{name} is not installed"));
                return None;
            }
        }
        tool("vlc")
    }

    /// Plays an address.
    ///
    /// # Errors
    /// It does not start.
    pub async fn play(program: &Path, url: &str) -> Result<Self> {
        Self::start(program, url, &[]).await
    }

    /// Plays an address, and keeps [`Vlc::snapshots`].
    ///
    /// # Errors
    /// It does not start.
    pub async fn play_with_snapshots(program: &Path, url: &str) -> Result<Self> {
        let every = ["--video-filter", "scene", "--scene-format", "png", "--scene-ratio", "15"];
        Self::start(program, url, &every).await
    }

    async fn start(program: &Path, url: &str, more: &[&str]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("e2e-vlc-").tempdir()?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777))?;
        let socket = folder.path().join("control");
        let log = fs::File::create(folder.path().join("log"))?;
        let child = command(program, folder.path())
            .args(more)
            .arg("--rc-unix")
            .arg(&socket)
            .arg(url)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let control =
            until("VLC listens", LIMIT, async || Ok(UnixStream::connect(&socket).await.ok())).await?;
        Ok(Self { folder, child, control })
    }

    /// Sends a command and returns what is said from then on, for a moment.
    ///
    /// # Errors
    /// It has ended.
    pub async fn ask(&mut self, command: &str) -> Result<String> {
        self.control.write_all(format!("{command}\n").as_bytes()).await?;
        let (mut said, mut buffer) = (String::new(), [0; 4096]);
        let until = Instant::now() + Duration::from_millis(100);
        while let Ok(read) = tokio::time::timeout_at(until, self.control.read(&mut buffer)).await {
            match read? {
                0 => break,
                bytes => said.push_str(&String::from_utf8_lossy(&buffer[..bytes])),
            }
        }
        Ok(said)
    }

    /// Watches until it has played to the end.
    ///
    /// # Errors
    /// It does not come to it.
    pub async fn watch(&mut self) -> Result<Shown> {
        let (mut shown, deadline) = (Shown::default(), Instant::now() + LIMIT);
        loop {
            let mut said = String::new();
            for (command, found) in [("get_length", &mut shown.length), ("get_time", &mut shown.began)] {
                let answer = self.ask(command).await?;
                let number = number(&answer);
                // No input yet: all numbers are 0.
                if command == "get_time" || number != Some(0) {
                    *found = found.or(number);
                }
                said.push_str(&answer);
            }
            let stats = self.ask("stats").await?;
            shown.read(&stats);
            said.push_str(&stats);
            if said.contains("play state: 4") || said.contains("stop state: 0") {
                return Ok(shown);
            }
            if Instant::now() > deadline {
                bail!("VLC does not come to the end: {shown:?}\n{}", self.log());
            }
        }
    }

    /// The position and the length that it shows, in seconds, once it has played for a second.
    ///
    /// # Errors
    /// It has ended.
    pub async fn position(&mut self) -> Result<Option<(u64, u64)>> {
        let (time, length) = (self.ask("get_time").await?, self.ask("get_length").await?);
        Ok(number(&time).zip(number(&length)).filter(|(time, _)| *time > 0))
    }

    /// What it has shown so far.
    ///
    /// # Errors
    /// It has ended.
    pub async fn shown(&mut self) -> Result<Shown> {
        let mut shown = Shown::default();
        shown.read(&self.ask("stats").await?);
        Ok(shown)
    }

    /// Pictures that it showed, each as a file that is as old as that; one of every fifteen, since it began or was last told to go
    /// elsewhere.
    ///
    /// # Errors
    /// Its folder cannot be read.
    pub fn snapshots(&self) -> Result<Vec<(SystemTime, PathBuf)>> {
        let mut snapshots = Vec::new();
        for entry in fs::read_dir(self.folder.path())? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "png") {
                snapshots.push((fs::metadata(&path)?.modified()?, path));
            }
        }
        snapshots.sort();
        // The newest one is being written.
        snapshots.pop();
        Ok(snapshots)
    }

    /// Ends it, and returns how many seconds of sound it played.
    ///
    /// # Errors
    /// It does not end, or played no sound.
    pub async fn end(mut self) -> Result<f64> {
        // It may be gone before it answers.
        drop(self.ask("quit").await);
        timeout(LIMIT, self.child.wait()).await.context("VLC does not quit")??;
        let sound = fs::metadata(self.folder.path().join("sound.wav"))?.len();
        // A WAV file of 44.1 or 48 kHz, stereo, 16 bit, after a head of 44 bytes; the head tells which.
        let bytes = fs::read(self.folder.path().join("sound.wav"))?;
        let rate = bytes.get(28..32).and_then(|four| Some(u32::from_le_bytes(four.try_into().ok()?)));
        Ok(sound.saturating_sub(44) as f64 / f64::from(rate.context("no sound")?))
    }

    /// The end of what it logged.
    #[must_use]
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(40).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

/// The last number that was said.
fn number(said: &str) -> Option<u64> {
    said.lines().rev().find_map(|line| line.trim().parse().ok())
}

impl Shown {
    /// Reads the table that `stats` prints; counters only grow.
    fn read(&mut self, stats: &str) {
        let number = |name: &str| {
            let line = stats.lines().find(|line| line.contains(name))?;
            line.rsplit(':').next()?.trim().parse::<u64>().ok()
        };
        for (name, counter) in [
            ("frames displayed", &mut self.pictures),
            ("frames lost", &mut self.pictures_lost),
            ("buffers lost", &mut self.sound_lost),
        ] {
            *counter = (*counter).max(number(name).unwrap_or(0));
        }
    }
}

fn command(program: &Path, folder: &Path) -> Command {
    let mut command = if Uid::effective().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.env("HOME", folder).env("XDG_RUNTIME_DIR", folder).env("TMPDIR", folder).current_dir(folder);
    command.args(["-I", "oldrc", "--rc-fake-tty", "--vout", "dummy", "--aout", "afile", "--audiofile-file"]);
    command.arg(folder.join("sound.wav"));
    command.arg("--scene-path").arg(folder);
    command.args(["--no-video-title-show", "--no-plugins-cache", "--no-media-library", "-v"]);
    command
}
