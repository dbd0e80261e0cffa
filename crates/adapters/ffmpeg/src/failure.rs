//! What a process's end means: who is at fault, and whether another attempt may do better.

use crate::process::{End, Ended};
use domain::retry::FailureClass;
use ports::MediaError;
use std::os::unix::process::ExitStatusExt;

/// Signals that somebody sends, for want of memory or time; any other one is a crash.
const SENT: [i32; 5] = [
    rustix::process::Signal::KILL.as_raw(),
    rustix::process::Signal::TERM.as_raw(),
    rustix::process::Signal::INT.as_raw(),
    rustix::process::Signal::HUP.as_raw(),
    rustix::process::Signal::XCPU.as_raw(),
];

/// For what a video can do without: whatever the source made the process do is told, and tolerated.
///
/// # Errors
/// Somebody ended the process, or the disk is full: another attempt may do better.
pub(crate) fn tolerated(ended: Ended, what: &str) -> Result<(), MediaError> {
    let killed = ended.was_killed();
    match of(ended, what) {
        error @ MediaError::Unavailable(_) => Err(error),
        error if killed => Err(error),
        error => {
            tracing::warn!(%error, "a part that is not needed is left out");
            Ok(())
        }
    }
}

/// Whether the demuxer was sent to a place that it did not find: it goes on wherever it is then, which may be the end.
pub(crate) fn lost_its_place(ended: &Ended) -> bool {
    ended.stderr.contains("could not seek to position")
}

/// Whether a signal is one that somebody sends.
pub(crate) fn is_sent(signal: i32) -> bool {
    SENT.contains(&signal)
}

/// The error for a process that was to succeed and did not; `what` is what it was doing, such as "encoding a
/// chunk".
pub(crate) fn of(ended: Ended, what: &str) -> MediaError {
    let stderr = ended.stderr;
    if full_disk(&stderr) {
        return MediaError::Unavailable(format!("no space is left on the device for {what}"));
    }
    let (class, how) = match ended.end {
        End::Stalled(after) => (FailureClass::Transient, format!("made no progress for {after:?}")),
        End::OverTime(after) => (FailureClass::Transient, format!("took longer than {after:?}")),
        End::Enough => (FailureClass::Unknown, "was ended by its reader".to_owned()),
        End::Exited(status) => match status.signal() {
            Some(signal) if is_sent(signal) => {
                (FailureClass::Transient, format!("was killed by signal {signal}"))
            }
            Some(signal) => (FailureClass::Unknown, format!("crashed with signal {signal}")),
            None => (class_of(&stderr), format!("ended with {status}")),
        },
    };
    MediaError::Failed { class, text: format!("ffmpeg {how} while {what}"), stderr }
}

/// The error for output that is not what was promised, though the process called itself a success.
pub(crate) fn broken_promise(ended: Ended, text: String) -> MediaError {
    if full_disk(&ended.stderr) {
        return MediaError::Unavailable("no space is left on the device for what was encoded".to_owned());
    }
    MediaError::Failed { class: class_of(&ended.stderr), text, stderr: ended.stderr }
}

/// The error for a file that cannot be read or written here.
pub(crate) fn of_file(error: &std::io::Error, path: &std::path::Path) -> MediaError {
    MediaError::Unavailable(format!("{}: {error}", path.display()))
}

/// The process ran out of memory.
pub(crate) fn out_of_memory(stderr: &str) -> bool {
    ["Cannot allocate memory", "Out of memory", "malloc of size"].iter().any(|text| stderr.contains(text))
}

fn full_disk(stderr: &str) -> bool {
    stderr.contains("No space left on device") || stderr.contains("Disk quota exceeded")
}

fn class_of(stderr: &str) -> FailureClass {
    if out_of_memory(stderr) { FailureClass::Transient } else { FailureClass::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{process::ExitStatus, time::Duration};

    fn class(end: End, stderr: &str) -> Option<FailureClass> {
        match of(Ended { end, stderr: stderr.to_owned() }, "testing") {
            MediaError::Failed { class, .. } => Some(class),
            _ => None,
        }
    }

    #[test]
    fn ends_are_told_apart() {
        let exited = |raw| End::Exited(ExitStatus::from_raw(raw));
        assert_eq!(class(exited(9), ""), Some(FailureClass::Transient));
        assert_eq!(class(exited(11), ""), Some(FailureClass::Unknown));
        assert_eq!(class(exited(1 << 8), "x264: malloc of size 12 failed"), Some(FailureClass::Transient));
        assert_eq!(class(exited(1 << 8), "Conversion failed!"), Some(FailureClass::Unknown));
        assert_eq!(class(End::Stalled(Duration::from_secs(60)), ""), Some(FailureClass::Transient));
        assert_eq!(class(exited(1 << 8), "av_write_frame(): No space left on device"), None);
    }
}
