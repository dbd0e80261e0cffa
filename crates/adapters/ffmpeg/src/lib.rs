//! Probing and encoding with ffmpeg child processes.

mod adts;
mod annexb;
mod chunk;
mod command;
mod config;
mod failure;
mod installed;
mod limits;
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
use std::path::Path;
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
        let Source::File(path) = source;
        probe::look(&self.config, absolute(path)?).await
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
        let path = || match source {
            Some(Source::File(path)) => absolute(path),
            None => Err(refused("a task that reads a source came without one")),
        };
        match task {
            EncodeTask::Chunk(task) => {
                let maps_tones = task.tone_map && self.installed().await?.maps_tones;
                chunk::encode(job, maps_tones, path()?, task).await.map(Encoded::Tracks)
            }
            EncodeTask::Span(task) => {
                span::encode(job, path()?, task).await.map(|track| Encoded::Tracks(vec![track]))
            }
            EncodeTask::Subtitles(task) => subtitles::read(job, path()?, task).await.map(Encoded::Tracks),
            EncodeTask::Stills(task) => {
                let maps_tones = task.tone_map && self.installed().await?.maps_tones;
                stills::make(job, maps_tones, path()?, task).await.map(Encoded::Tracks)
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
        let Source::File(captions) = captions;
        let scratch = absolute(scratch)?;
        programme::make(&self.config, absolute(captions)?, programme, scratch).await
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
