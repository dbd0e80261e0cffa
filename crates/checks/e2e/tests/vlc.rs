//! VLC plays what is ready, and what is being encoded, to its end.

use anyhow::{Context, Result, bail, ensure};
use e2e::{Presentation, Product, Source, Workshop, note, skip, tool, until};
use nix::unistd::Uid;
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    process::{Child, Command},
    time::{Instant, timeout},
};

const LIMIT: Duration = Duration::from_secs(120);
const SECONDS: f64 = 12.0;
/// Nobody's user id and group id, by convention. VLC refuses to run as root.
const NOBODY: &str = "65534";

/// A VLC without a screen, told what to do over a socket.
struct Vlc {
    folder: TempDir,
    child: Child,
    control: UnixStream,
}

/// What it showed.
#[derive(Debug, Default)]
struct Shown {
    /// The first length that it told, in seconds.
    length: Option<u64>,
    /// The first position that it told.
    began: Option<u64>,
    pictures: u64,
    pictures_lost: u64,
    sound_lost: u64,
}

impl Vlc {
    async fn play(program: &Path, url: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("e2e-vlc-").tempdir()?;
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777))?;
        let socket = folder.path().join("control");
        let log = fs::File::create(folder.path().join("log"))?;
        let child = command(program, folder.path())
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
    async fn ask(&mut self, command: &str) -> Result<String> {
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
    async fn watch(&mut self) -> Result<Shown> {
        let (mut shown, deadline) = (Shown::default(), Instant::now() + LIMIT);
        loop {
            let mut said = String::new();
            for (command, found) in [("get_length", &mut shown.length), ("get_time", &mut shown.began)] {
                let answer = self.ask(command).await?;
                let number = answer.lines().rev().find_map(|line| line.trim().parse::<u64>().ok());
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

    /// Ends it, and returns how many seconds of sound it played.
    async fn end(mut self) -> Result<f64> {
        // It may be gone before it answers.
        drop(self.ask("quit").await);
        timeout(LIMIT, self.child.wait()).await.context("VLC does not quit")??;
        let sound = fs::metadata(self.folder.path().join("sound.wav"))?.len();
        // A WAV file of 44.1 or 48 kHz, stereo, 16 bit, after a head of 44 bytes; the head tells which.
        let bytes = fs::read(self.folder.path().join("sound.wav"))?;
        let rate = bytes.get(28..32).and_then(|four| Some(u32::from_le_bytes(four.try_into().ok()?)));
        Ok(sound.saturating_sub(44) as f64 / f64::from(rate.context("no sound")?))
    }

    fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(40).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
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
    command.args(["--no-video-title-show", "--no-plugins-cache", "--no-media-library", "-v"]);
    command
}

/// VLC, or a skip that says what is missing.
fn vlc(test: &str) -> Option<PathBuf> {
    let needed: &[&str] = if Uid::effective().is_root() { &["vlc", "setpriv"] } else { &["vlc"] };
    for name in needed {
        if tool(name).is_none() {
            skip(&format!("vlc {test}"), &format!("{name} is not installed"));
            return None;
        }
    }
    tool("vlc")
}

fn film() -> Source {
    Source { width: 640, height: 360, seconds: SECONDS, noise: 40, ..Source::default() }
}

/// Plays an address and insists that all of it was shown and heard.
async fn plays(program: &Path, url: &str) -> Result<()> {
    let mut vlc = Vlc::play(program, url).await?;
    let shown = vlc.watch().await?;
    note(format_args!("{shown:?}"));
    ensure!(
        shown.length.is_some_and(|length| length.abs_diff(SECONDS as u64) <= 1),
        "{shown:?}\n{}",
        vlc.log()
    );
    ensure!(shown.began.is_some_and(|began| began <= 1), "it did not begin at 0: {shown:?}");
    ensure!(shown.pictures as f64 > SECONDS * 25.0, "{shown:?}\n{}", vlc.log());
    let heard = vlc.end().await?;
    note(format_args!("{heard:.2} s of sound"));
    ensure!((heard - SECONDS).abs() < 0.5, "{heard} s of sound");
    Ok(())
}

#[tokio::test]
async fn vlc_plays_a_ready_video_with_sound() -> Result<()> {
    let Some(program) = vlc("ready video") else { return Ok(()) };
    let workshop = Workshop::open()?;
    let source = workshop.make("film.mp4", &film()).await?;
    let product = Product::start(&[]).await?;
    let id = product.api().upload(&source).await?;
    product.api().wait_for(&id, "ready", LIMIT).await?;
    plays(&program, Presentation::open(product.api(), &id).await?.url.as_str()).await?;
    product.finish().await
}

#[tokio::test]
async fn vlc_plays_while_a_video_is_encoded() -> Result<()> {
    let Some(program) = vlc("while encoding") else { return Ok(()) };
    let workshop = Workshop::open()?;
    let source = workshop.make("film.mp4", &film()).await?;
    let product = Product::start(&[]).await?;
    let id = product.api().upload(&source).await?;
    let video = product.api().wait_for(&id, "transcoding", LIMIT).await?;
    ensure!(video["progress_percent"] == 0, "{} % were encoded already", video["progress_percent"]);
    plays(&program, Presentation::open(product.api(), &id).await?.url.as_str()).await?;
    product.api().wait_for(&id, "ready", LIMIT).await?;
    product.finish().await
}
