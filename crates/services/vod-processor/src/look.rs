//! Looks into sources: what is in them, or why they are refused.

use crate::handlers::ProcessError;
use domain::{
    StreamId,
    media::MediaInfo,
    object::ObjectKey,
    rejection::{Rejection, RejectionCode},
};
use ports::{Encoder, MediaError, ObjectError};
use service_kit::{OpenSource, Sources};
use std::sync::Arc;

/// Looks into a source that are tried before it counts as too costly.
const ATTEMPTS: u32 = 3;

/// What looks into the sources of videos.
pub(crate) struct Looks {
    pub(crate) sources: Sources,
    pub(crate) encoder: Arc<dyn Encoder>,
}

/// What a look came to.
enum Looked {
    Found(Box<MediaInfo>),
    Refused(Rejection),
    /// It takes a file.
    InVain,
}

impl Looks {
    /// What is in a video's source, or why it is refused.
    ///
    /// # Errors
    /// The store or this machine is at fault, and never taken for a fault of the source: looking again later helps.
    pub(crate) async fn look_into(
        &self,
        stream: &StreamId,
    ) -> Result<Result<MediaInfo, Rejection>, ProcessError> {
        let key = ObjectKey::Source { stream: stream.clone() };
        let looked = match self.look(self.sources.open(&key).await).await? {
            Looked::InVain => self.look(self.sources.open_file(&key).await).await?,
            looked => looked,
        };
        match looked {
            Looked::Found(media) => Ok(Ok(*media)),
            Looked::Refused(rejection) => Ok(Err(rejection)),
            Looked::InVain => Err(ProcessError::Machine(MediaError::NeedsFile.to_string())),
        }
    }

    async fn look(&self, opened: Result<OpenSource, ObjectError>) -> Result<Looked, ProcessError> {
        let opened = match opened {
            Err(ObjectError::Missing(_)) => {
                let text = "The uploaded file is gone from the store. Upload it again.";
                return Ok(Looked::Refused(Rejection::new(RejectionCode::NotMedia, text)));
            }
            opened => opened?,
        };
        let source = opened.source();
        let mut attempt = 1;
        loop {
            match opened.read_by(self.encoder.probe(&source)).await? {
                Ok(media) => return Ok(Looked::Found(Box::new(media))),
                Err(MediaError::Rejected(rejection)) => return Ok(Looked::Refused(rejection)),
                Err(MediaError::NeedsFile) => return Ok(Looked::InVain),
                Err(MediaError::Unavailable(why)) => return Err(ProcessError::Machine(why)),
                Err(MediaError::Failed { text, .. }) if attempt >= ATTEMPTS => {
                    tracing::warn!(error = text, "gave up looking into a source");
                    let text = "Looking into the file took more time or memory than is allowed. Export it again and upload the new file.";
                    return Ok(Looked::Refused(Rejection::new(RejectionCode::TooCostly, text)));
                }
                Err(MediaError::Failed { .. }) => attempt += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests;
