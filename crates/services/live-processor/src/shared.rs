//! What all parts of the live processor use.

use crate::{archive::Archive, config::Config, looks::Looks, metrics::Metrics};
use domain::{
    live::{LiveSegmentRecord, Stream},
    video::Video,
};
use ports::{Clock, DocumentError, EventLog, LogError, ObjectError, ObjectStore};
use service_kit::{ChangeError, Collection, Relay, Unavailable};
use std::sync::Arc;

/// What is shared.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) looks: Looks,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) streams: Collection<Stream>,
    pub(crate) segments: Collection<LiveSegmentRecord>,
    pub(crate) videos: Collection<Video>,
    pub(crate) relay: Relay,
    pub(crate) archive: Archive,
    pub(crate) metrics: Metrics,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LiveError {
    #[error(transparent)]
    Catalog(#[from] DocumentError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Objects(#[from] ObjectError),
}

impl Unavailable for LiveError {
    fn is_unavailable(&self) -> bool {
        match self {
            Self::Catalog(error) => error.is_unavailable(),
            Self::Log(error) => error.is_unavailable(),
            Self::Objects(error) => error.is_unavailable(),
        }
    }
}

/// A change that was refused because the document has moved on is no failure.
pub(crate) fn unless_refused<D, E>(changed: Result<D, ChangeError<E>>) -> Result<Option<D>, DocumentError> {
    match changed {
        Ok(document) => Ok(Some(document)),
        Err(ChangeError::Refused(_) | ChangeError::Missing) => Ok(None),
        Err(ChangeError::Catalog(error)) => Err(error),
    }
}
