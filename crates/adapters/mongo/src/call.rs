//! Requests to the server: each ends, whatever the server does.

use mongodb::error::{Error, ErrorKind};
use ports::DocumentError;
use std::time::Duration;
use tokio::time::timeout;

/// The longest that a call waits for an answer, over all its requests.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// How often a request is sent whose answer did not come. Before each the SDK waits until it knows a server
/// again.
pub(crate) const ATTEMPTS: usize = 4;

/// The longest that one request holds a connection, so that a server which stands still cannot keep them all.
const LONGEST: Duration = Duration::from_secs(30);

/// Why a request has no answer. Whether it took place is unknown.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    /// What the SDK or the server said.
    #[error("MongoDB: {}", .0.kind)]
    Refused(#[from] Error),
    /// Nothing came.
    #[error("MongoDB did not answer in {0:?}")]
    Silent(Duration),
    /// The task that waited is gone.
    #[error("a request to MongoDB was given up")]
    Gone,
}

impl Failure {
    /// Whether a repetition would not help: the request itself is wrong, or no server was found for long
    /// enough.
    pub(crate) fn is_final(&self) -> bool {
        self.is_invalid() || matches!(self.kind(), Some(ErrorKind::ServerSelection { .. }))
    }

    fn is_invalid(&self) -> bool {
        matches!(self.kind(), Some(ErrorKind::InvalidArgument { .. }))
    }

    fn kind(&self) -> Option<&ErrorKind> {
        if let Self::Refused(error) = self { Some(&error.kind) } else { None }
    }
}

impl From<Failure> for DocumentError {
    fn from(failure: Failure) -> Self {
        if failure.is_invalid() {
            Self::Invalid(failure.to_string())
        } else {
            Self::Unavailable(failure.to_string())
        }
    }
}

/// Makes a request.
pub(crate) async fn request<T: Send + 'static>(
    request: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Failure> {
    request_within(LONGEST, request).await
}

/// Makes a request that may take this long. It has a task of its own: the SDK wants its futures run to their
/// end ("All Futures must be polled to completion" in its introduction), while callers give up and are
/// dropped.
pub(crate) async fn request_within<T: Send + 'static>(
    longest: Duration,
    request: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::spawn(timeout(longest, request)).await {
        Ok(Ok(answer)) => Ok(answer?),
        Ok(Err(_)) => Err(Failure::Silent(longest)),
        Err(_) => Err(Failure::Gone),
    }
}

/// Ends a call that takes too long.
pub(crate) async fn patiently<T>(
    call: impl Future<Output = Result<T, DocumentError>>,
) -> Result<T, DocumentError> {
    timeout(PATIENCE, call).await.unwrap_or_else(|_| Err(Failure::Silent(PATIENCE).into()))
}
