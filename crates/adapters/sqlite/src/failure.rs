//! Why a piece of work on an open file did not happen.

/// What SQLite said; the same work may succeed later.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(String);

impl Failure {
    /// The thread that does the work has ended.
    pub(crate) fn closed() -> Self {
        Self("the file was closed".to_owned())
    }
}

impl From<&rusqlite::Error> for Failure {
    fn from(error: &rusqlite::Error) -> Self {
        Self(match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => format!("make room on the disk: {error}"),
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                format!("another program holds the file: {error}")
            }
            _ => error.to_string(),
        })
    }
}

impl From<Failure> for ports::DocumentError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable(failure.0)
    }
}

impl From<Failure> for ports::LogError {
    fn from(failure: Failure) -> Self {
        Self::Unavailable(failure.0)
    }
}
