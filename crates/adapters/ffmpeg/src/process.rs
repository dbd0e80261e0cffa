//! Child processes: started bare, watched, ended as a group whatever happens to whoever waits for them.

use crate::{command::Call, config::FfmpegConfig, failure};
use ports::{MediaError, Urgency};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, getpriority_process, kill_process_group, prlimit, setpriority_process,
};
use std::{
    os::unix::process::ExitStatusExt,
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    process::{Child, Command},
    time::{Instant, timeout_at},
};

/// How much of what a program prints as errors is kept.
const STDERR_BYTES: usize = 64 << 10;
/// A longer line of output is cut.
const LINE_BYTES: usize = 1 << 20;
/// How nice work is, at least, that nobody waits for.
const BACKGROUND_NICENESS: i32 = 10;

/// What a process may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Wall-clock time in all.
    pub(crate) wall: Duration,
    /// Wall-clock time without [`Heard::Progress`].
    pub(crate) stall: Duration,
    /// Address space in bytes.
    pub(crate) memory: u64,
    /// Its place beside others.
    pub(crate) urgency: Urgency,
}

/// What a line of output meant to whoever reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The process gets on.
    Progress,
    /// Nothing new.
    Nothing,
    /// The process is to be ended: more would be too much.
    Enough,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) enum End {
    /// By itself, or by somebody else.
    Exited(ExitStatus),
    /// It was killed, after this long without progress.
    Stalled(Duration),
    /// It was killed, after this long.
    OverTime(Duration),
    /// It was killed, because its reader had enough.
    Enough,
}

/// An ended process.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) end: End,
    /// The end of what it printed as errors.
    pub(crate) stderr: String,
}

impl Ended {
    /// It ended by itself and calls that a success.
    pub(crate) fn success(&self) -> bool {
        matches!(self.end, End::Exited(status) if status.success())
    }

    /// A signal of the kind that somebody sends ended it.
    pub(crate) fn was_killed(&self) -> bool {
        matches!(self.end, End::Exited(status) if status.signal().is_some_and(failure::is_sent))
    }
}

/// Runs a process to its end; `on_line` gets each line of its output.
///
/// # Errors
/// [`MediaError::Unavailable`] when it cannot be started or watched.
pub(crate) async fn run(
    config: &FfmpegConfig,
    call: &Call,
    bounds: Bounds,
    mut on_line: impl FnMut(&str) -> Heard,
) -> Result<Ended, MediaError> {
    let unavailable =
        |error: std::io::Error| MediaError::Unavailable(format!("{}: {error}", call.program.display()));
    let started = Instant::now();
    let mut group = Group::start(config, call, bounds).map_err(unavailable)?;
    let (stdout, stderr) = (group.child.stdout.take(), group.child.stderr.take());
    let watch = async {
        let mut lines = stdout.map(BufReader::new);
        let mut moved = started;
        loop {
            let (stalled, over) = (moved + bounds.stall, started + bounds.wall);
            let line = match &mut lines {
                Some(lines) => timeout_at(stalled.min(over), line(lines)).await,
                None => Ok(Ok(None)),
            };
            let heard = match line {
                Err(_) if stalled < over => return group.kill(End::Stalled(bounds.stall)),
                Err(_) => return group.kill(End::OverTime(bounds.wall)),
                Ok(Ok(Some(text))) => on_line(&text),
                Ok(_) => return group.finish(over, bounds.wall).await,
            };
            match heard {
                Heard::Progress => moved = Instant::now(),
                Heard::Nothing => {}
                Heard::Enough => return group.kill(End::Enough),
            }
        }
    };
    let (end, stderr) = futures::join!(watch, tail(stderr));
    let end = end.map_err(unavailable)?;
    group.reap().await.map_err(unavailable)?;
    Ok(Ended { end, stderr })
}

/// A child that leads a process group of its own. Dropping it kills the group; the runtime reaps the child.
struct Group {
    child: Child,
    reaped: bool,
}

impl Group {
    fn start(config: &FfmpegConfig, call: &Call, bounds: Bounds) -> std::io::Result<Self> {
        let mut words = config.launcher.iter().map(AsRef::as_ref).chain([call.program.as_os_str()]);
        let mut command = Command::new(words.next().unwrap_or(call.program.as_os_str()));
        command
            .args(words)
            .args(&call.args)
            .env_clear()
            // Where somebody keeps an ffmpeg beside its own libraries.
            .envs(std::env::var_os("LD_LIBRARY_PATH").map(|path| ("LD_LIBRARY_PATH", path)))
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let group = Self { child: command.spawn()?, reaped: false };
        if let Some(pid) = group.pid() {
            restrain(pid, bounds)?;
        }
        Ok(group)
    }

    fn pid(&self) -> Option<Pid> {
        self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw)
    }

    fn kill(&mut self, end: End) -> std::io::Result<End> {
        match self.pid().map(|pid| kill_process_group(pid, Signal::KILL)) {
            // It has ended by itself meanwhile.
            Some(Err(rustix::io::Errno::SRCH)) | Some(Ok(())) | None => Ok(end),
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// Waits for a process that has closed its output.
    async fn finish(&mut self, over: Instant, wall: Duration) -> std::io::Result<End> {
        match timeout_at(over, self.child.wait()).await {
            Ok(status) => {
                self.reaped = true;
                Ok(End::Exited(status?))
            }
            Err(_) => self.kill(End::OverTime(wall)),
        }
    }

    async fn reap(&mut self) -> std::io::Result<()> {
        self.child.wait().await?;
        self.reaped = true;
        Ok(())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Once it is reaped, its number may belong to somebody else.
        if !self.reaped {
            let _ = self.kill(End::Enough);
        }
    }
}

/// Set from outside, on a process that is still loading: nothing runs between fork and exec that could go
/// wrong there.
fn restrain(pid: Pid, bounds: Bounds) -> std::io::Result<()> {
    let at_most = |value| Rlimit { current: Some(value), maximum: Some(value) };
    let limits = [(Resource::As, bounds.memory), (Resource::Core, 0)];
    let set = || {
        limits
            .into_iter()
            .try_for_each(|(what, value)| prlimit(Some(pid), what, at_most(value)).map(drop))?;
        match bounds.urgency {
            Urgency::Now => Ok(()),
            // Who was started nicer still, as with nice(1), may not take that back.
            Urgency::Background if getpriority_process(Some(pid))? >= BACKGROUND_NICENESS => Ok(()),
            Urgency::Background => setpriority_process(Some(pid), BACKGROUND_NICENESS),
        }
    };
    match set() {
        // It has ended already, which its status will tell.
        Err(rustix::io::Errno::SRCH) | Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The next line without its end; `None` after the last one.
async fn line(reader: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<Option<String>> {
    let mut text = Vec::new();
    loop {
        let available = reader.fill_buf().await?;
        if available.is_empty() {
            return Ok((!text.is_empty()).then(|| String::from_utf8_lossy(&text).into_owned()));
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        text.extend_from_slice(&part[..part.len().min(LINE_BYTES.saturating_sub(text.len()))]);
        let used = part.len() + usize::from(end.is_some());
        reader.consume(used);
        if end.is_some() {
            return Ok(Some(String::from_utf8_lossy(&text).into_owned()));
        }
    }
}

/// Reads all of it and keeps the end: a full pipe would stop the process.
async fn tail(reader: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut reader) = reader else { return String::new() };
    let mut kept = Vec::new();
    let mut part = vec![0; 8 << 10];
    while let Ok(read @ 1..) = reader.read(&mut part).await {
        kept.extend_from_slice(&part[..read]);
        if kept.len() > 2 * STDERR_BYTES {
            kept.drain(..kept.len() - STDERR_BYTES);
        }
    }
    let from = kept.len().saturating_sub(STDERR_BYTES);
    String::from_utf8_lossy(&kept[from..]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn bounds(wall_ms: u64, stall_ms: u64) -> Bounds {
        let (wall, stall) = (Duration::from_millis(wall_ms), Duration::from_millis(stall_ms));
        Bounds { wall, stall, memory: 1 << 30, urgency: Urgency::Background }
    }

    async fn shell(script: &str, bounds: Bounds, heard: Heard) -> (Ended, usize) {
        let config = FfmpegConfig::new(PathBuf::new(), PathBuf::new());
        let call = Call { program: "/bin/sh".into(), args: Vec::new() }.arg("-c").arg(script);
        let mut lines = 0;
        let ended = run(&config, &call, bounds, |_| {
            lines += 1;
            heard
        });
        (ended.await.unwrap(), lines)
    }

    #[tokio::test]
    async fn floods_of_output_block_nothing() {
        let script =
            "i=0; while [ $i -lt 3000 ]; do echo $i; printf '%0100d\\n' $i >&2; i=$((i+1)); done; exit 3";
        let (ended, lines) = shell(script, bounds(60_000, 60_000), Heard::Progress).await;
        assert_eq!(lines, 3000);
        assert!(matches!(ended.end, End::Exited(status) if status.code() == Some(3)), "{:?}", ended.end);
        assert!(ended.stderr.len() <= STDERR_BYTES && ended.stderr.ends_with("2999\n"));
    }

    #[tokio::test]
    async fn who_stands_still_is_killed_with_all_its_children() {
        // The group's standard output stays open in the background: only killing all of it ends this.
        let (ended, _) = shell("sleep 600 & sleep 600", bounds(60_000, 200), Heard::Nothing).await;
        assert!(matches!(ended.end, End::Stalled(_)), "{:?}", ended.end);
    }

    #[tokio::test]
    async fn who_takes_too_long_is_killed_however_busy() {
        let (ended, _) = shell("while :; do echo busy; done", bounds(300, 60_000), Heard::Progress).await;
        assert!(matches!(ended.end, End::OverTime(_)), "{:?}", ended.end);
    }

    #[tokio::test]
    async fn who_closes_its_output_is_still_watched() {
        let (ended, _) = shell("exec >&-; sleep 600", bounds(300, 60_000), Heard::Nothing).await;
        assert!(matches!(ended.end, End::OverTime(_)), "{:?}", ended.end);
    }

    #[tokio::test]
    async fn a_reader_may_have_enough() {
        let (ended, lines) =
            shell("while :; do echo more; done", bounds(60_000, 60_000), Heard::Enough).await;
        assert!(matches!(ended.end, End::Enough) && lines == 1, "{:?}", ended.end);
    }

    #[tokio::test]
    async fn nobody_is_made_less_nice() {
        let own = getpriority_process(None).unwrap();
        for nicer in [0, 15] {
            let mut command = Command::new("nice");
            command.args(["-n", &nicer.to_string(), "sh", "-c", "echo; read line"]).kill_on_drop(true);
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
            // By then it is what it is going to be.
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).await.unwrap();
            let before = (own + nicer).min(19);
            assert_eq!(getpriority_process(Some(pid)).unwrap(), before);
            restrain(pid, bounds(1000, 1000)).unwrap();
            assert_eq!(getpriority_process(Some(pid)).unwrap(), before.max(BACKGROUND_NICENESS));
        }
    }

    #[tokio::test]
    async fn nothing_of_the_environment_is_passed_on() {
        let (ended, lines) = shell(
            "env | grep -v '^PWD=\\|^_=\\|^LD_LIBRARY_PATH='; ulimit -c",
            bounds(60_000, 60_000),
            Heard::Progress,
        )
        .await;
        assert_eq!(lines, 1, "{}", ended.stderr);
    }
}
