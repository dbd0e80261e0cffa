//! One file per event.

mod announced;
mod deleted;
mod job_ended;
mod uploaded;

use crate::{look::Looks, metrics::Metrics};
use async_trait::async_trait;
use domain::{
    StreamId,
    event::{Envelope, Event},
    job::{Job, JobRefusal},
    letter::Letter,
    live::LiveSegmentRecord,
    video::{Video, VideoRefusal},
};
use ports::{Clock, DocumentError, EventLog, LogError, ObjectError, ObjectStore};
use service_kit::{ChangeError, Collection, Handler, Relay, Unavailable};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

/// Carries out what events ask for.
pub(crate) struct Processor {
    pub(crate) videos: Collection<Video>,
    pub(crate) jobs: Collection<Job>,
    pub(crate) letters: Collection<Letter>,
    pub(crate) live_segments: Collection<LiveSegmentRecord>,
    pub(crate) relay: Relay,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) metrics: Metrics,
    pub(crate) looks: Looks,
    pub(crate) simulated_source_max_ms: u32,
    /// Videos that this process looks into right now, so that an event that comes twice does not look twice.
    pub(crate) probing: Arc<Mutex<HashSet<StreamId>>>,
}

/// Why an event could not be handled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    #[error(transparent)]
    Catalog(#[from] DocumentError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Objects(#[from] ObjectError),
    #[error("{0}")]
    Machine(String),
}

impl Unavailable for ProcessError {
    fn is_unavailable(&self) -> bool {
        match self {
            Self::Catalog(error) => error.is_unavailable(),
            Self::Log(error) => error.is_unavailable(),
            Self::Objects(error) => error.is_unavailable(),
            Self::Machine(_) => true,
        }
    }
}

#[async_trait]
impl Handler for Processor {
    type Error = ProcessError;

    async fn handle(&self, event: Envelope) -> Result<(), ProcessError> {
        match event.event {
            Event::Uploaded(uploaded) => self.on_uploaded(&uploaded.stream_id).await,
            Event::Deleted { stream_id } => self.on_deleted(&stream_id).await,
            Event::JobEnded { job_id, .. } => self.on_job_ended(&job_id).await,
            Event::Announced(announced) => self.on_announced(announced).await,
            // A hint for workers; what is read where dead letters are filed; what the live processor deals with.
            Event::JobQueued { .. }
            | Event::JobDead { .. }
            | Event::LiveSegment(_)
            | Event::LiveEnded { .. }
            | Event::LiveResend { .. }
            | Event::LivePlaylist(_) => Ok(()),
        }
    }
}

/// A change that was refused because the document has moved on is no failure: whoever moved it deals with the rest.
pub(crate) fn unless_refused<D, E>(changed: Result<D, ChangeError<E>>) -> Result<Option<D>, DocumentError> {
    match changed {
        Ok(document) => Ok(Some(document)),
        Err(ChangeError::Refused(_) | ChangeError::Missing) => Ok(None),
        Err(ChangeError::Catalog(error)) => Err(error),
    }
}

impl Processor {
    /// Changes a video; `None` when the step refused or the video is gone.
    pub(crate) async fn change_video(
        &self,
        id: &StreamId,
        step: impl Fn(Video) -> Result<Video, VideoRefusal>,
    ) -> Result<Option<Video>, DocumentError> {
        unless_refused(self.videos.change(id.as_str(), step).await)
    }

    /// Changes a job; `None` when the step refused or the job is gone.
    pub(crate) async fn change_job(
        &self,
        id: &domain::JobId,
        step: impl Fn(Job) -> Result<Job, JobRefusal>,
    ) -> Result<Option<Job>, DocumentError> {
        unless_refused(self.jobs.change(id.as_str(), step).await)
    }
}
