//! Probing and encoding with ffmpeg child processes.

mod adts;
mod annexb;
mod chunk;
mod command;
mod config;
mod failure;
mod installed;
mod limits;
mod mend;
mod mp4;
mod probe;
mod process;
mod programme;
mod span;
mod stills;
mod subtitles;
mod test_source;

pub use config::FfmpegConfig;
pub use installed::Version;
pub use limits::Limits;

use async_trait::async_trait;
use domain::{media::MediaInfo, programme::Programme, retry::FailureClass, task::EncodeTask};
use installed::Installed;
use ports::{Encoded, EncodedFrames, Encoder, MediaError, Progress, ProgressSink, Source, Urgency};
use std::{net::Ipv4Addr, path::Path};
use tokio::sync::OnceCell;

/// An [`Encoder`] that runs the `ffmpeg` and `ffprobe` programs: one process per encode, none that outlives
/// its future.
#[derive(Debug)]
pub struct Ffmpeg {
    config: FfmpegConfig,
    installed: OnceCell<Installed>,
}

/// What every kind of encode gets.
#[derive(Debug, Clone, Copy)]
struct Job<'a> {
    config: &'a FfmpegConfig,
    urgency: Urgency,
    scratch: &'a Path,
    progress: &'a ProgressSink,
}

impl Job<'_> {
    /// Says how many microseconds of media are encoded.
    fn reached(&self, done_us: i64) {
        self.progress.send_replace(Progress { done_us: u64::try_from(done_us).unwrap_or(0) });
    }
}

impl Ffmpeg {
    /// An encoder with these programs; nothing is started yet.
    #[must_use]
    pub fn new(config: FfmpegConfig) -> Self {
        Self { config, installed: OnceCell::new() }
    }

    /// Makes sure that the programs are there and can encode.
    ///
    /// # Errors
    /// [`MediaError::Unavailable`] that says what to install.
    pub async fn check(&self) -> Result<Version, MediaError> {
        Ok(self.installed().await?.version.clone())
    }

    async fn installed(&self) -> Result<&Installed, MediaError> {
        self.installed.get_or_try_init(|| installed::look(&self.config)).await
    }
}

#[async_trait]
impl Encoder for Ffmpeg {
    async fn probe(&self, source: &Source) -> Result<MediaInfo, MediaError> {
        probe::look(&self.config, readable(source)?).await
    }

    async fn encode(
        &self,
        source: Option<&Source>,
        task: &EncodeTask,
        urgency: Urgency,
        scratch: &Path,
        progress: &ProgressSink,
    ) -> Result<Encoded, MediaError> {
        let job = Job { config: &self.config, urgency, scratch: absolute(scratch)?, progress };
        let source = source.map(readable).transpose()?;
        let mended = match source {
            Some(source) if !task.mended().is_empty() => Some(mend::copy(job, source, task.mended()).await?),
            _ => None,
        };
        let source = mended.as_ref().or(source);
        let source = || source.ok_or_else(|| refused("a task that reads a source came without one"));
        match task {
            EncodeTask::Chunk(task) => {
                let maps_tones = task.tone_map && self.installed().await?.maps_tones;
                chunk::encode(job, maps_tones, source()?, task).await.map(Encoded::Tracks)
            }
            EncodeTask::Span(task) => {
                span::encode(job, source()?, task).await.map(|track| Encoded::Tracks(vec![track]))
            }
            EncodeTask::Subtitles(task) => subtitles::read(job, source()?, task).await.map(Encoded::Tracks),
            EncodeTask::Stills(task) => {
                let maps_tones = task.tone_map && self.installed().await?.maps_tones;
                stills::make(job, maps_tones, source()?, task).await.map(Encoded::Tracks)
            }
            EncodeTask::TestSource(task) => test_source::encode(job, task).await.map(Encoded::File),
        }
    }

    async fn make(
        &self,
        programme: &Programme,
        captions: &Source,
        scratch: &Path,
    ) -> Result<EncodedFrames, MediaError> {
        let scratch = absolute(scratch)?;
        programme::make(&self.config, file(captions)?, programme, scratch).await
    }
}

/// A source that may be read: a path that means the same everywhere, or an address that leads nowhere else.
fn readable(source: &Source) -> Result<&Source, MediaError> {
    match source {
        Source::File(path) => absolute(path).map(|_| source),
        Source::Address(address) => {
            let host = address.host_str().and_then(|host| host.parse::<Ipv4Addr>().ok());
            let loopback = address.scheme() == "http" && host.is_some_and(|host| host.is_loopback());
            if loopback {
                Ok(source)
            } else {
                Err(refused("an address that is not on loopback was given as a source"))
            }
        }
    }
}

fn file(source: &Source) -> Result<&Path, MediaError> {
    match source {
        Source::File(path) => absolute(path),
        Source::Address(_) => Err(refused("an address was given where only files are read")),
    }
}

/// The process runs in another folder, so that a relative path would mean another file.
fn absolute(path: &Path) -> Result<&Path, MediaError> {
    if path.is_absolute() {
        Ok(path)
    } else {
        Err(refused(&format!("{} is not an absolute path", path.display())))
    }
}

/// The error for an order that makes no sense.
fn refused(text: &str) -> MediaError {
    MediaError::Failed { class: FailureClass::Unknown, text: text.to_owned(), stderr: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_on_loopback_are_read() {
        let allowed = |text: &str| readable(&Source::Address(text.parse().unwrap())).is_ok();
        assert!(allowed("http://127.0.0.1:49152/0123"));
        for text in [
            "http://192.0.2.1/a",
            "https://127.0.0.1/a",
            "http://localhost/a",
            "http://127.0.0.1.example.org/a",
        ] {
            assert!(!allowed(text), "{text}");
        }
    }
}
