//! Parts of a source by their places: of a file, or from an address that serves ranges (RFC 9110 section 14).

use crate::failure;
use ports::{MediaError, Source};
use reqwest::{
    Client, Response, StatusCode,
    header::{CONTENT_LENGTH, RANGE},
    redirect::Policy,
};
use std::{fs::File, os::unix::fs::FileExt, path::PathBuf, sync::Arc};

/// A source whose parts can be read in any order.
#[derive(Debug)]
pub(super) struct Ranges {
    place: Place,
    size: u64,
}

#[derive(Debug)]
enum Place {
    File { file: Arc<File>, path: PathBuf },
    Address { client: Client, source: reqwest::Url },
}

impl Ranges {
    /// Opens a source, whose bytes are not read yet.
    ///
    /// # Errors
    /// [`MediaError::Unavailable`]: it is not there, or does not say how large it is.
    pub(super) async fn of(source: &Source) -> Result<Self, MediaError> {
        match source {
            Source::File(path) => {
                let (name, missing) = (path.clone(), |error| failure::of_file(&error, path));
                let opened = blocking(move || {
                    let file = File::open(name)?;
                    Ok((file.metadata()?.len(), file))
                });
                let (size, file) = opened.await.map_err(missing)?;
                Ok(Self { place: Place::File { file: Arc::new(file), path: path.clone() }, size })
            }
            Source::Address(address) => {
                let client = Client::builder().no_proxy().redirect(Policy::none()).build();
                let client = client.map_err(unavailable)?;
                let answer = answered(client.head(address.clone()).send().await)?;
                let length = answer.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
                let size = length.and_then(|length| length.parse().ok());
                let size = size.ok_or_else(|| {
                    MediaError::Unavailable("the source's address does not say how large it is".to_owned())
                })?;
                Ok(Self { place: Place::Address { client, source: address.clone() }, size })
            }
        }
    }

    /// How many bytes the source has.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// So many bytes from this place on, fewer only where the source ends.
    ///
    /// # Errors
    /// [`MediaError::Unavailable`]: they cannot be read here and now.
    pub(super) async fn read(&self, from: u64, bytes: u64) -> Result<Vec<u8>, MediaError> {
        let end = from.saturating_add(bytes).min(self.size);
        if from >= end {
            return Ok(Vec::new());
        }
        match &self.place {
            Place::File { file, path } => {
                let file = file.clone();
                let read = blocking(move || {
                    let mut part = vec![0; usize::try_from(end - from).map_err(std::io::Error::other)?];
                    file.read_exact_at(&mut part, from).map(|()| part)
                });
                read.await.map_err(|error| failure::of_file(&error, path))
            }
            Place::Address { client, source } => {
                let range = format!("bytes={from}-{}", end - 1);
                let answer = answered(client.get(source.clone()).header(RANGE, range).send().await)?;
                let part = answer.bytes().await.map_err(unavailable)?;
                if part.len() as u64 == end - from {
                    Ok(part.into())
                } else {
                    let text = format!("the source's address gave {} bytes of {}", part.len(), end - from);
                    Err(MediaError::Unavailable(text))
                }
            }
        }
    }
}

fn answered(answer: reqwest::Result<Response>) -> Result<Response, MediaError> {
    let answer = answer.map_err(unavailable)?;
    match answer.status() {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(answer),
        status => Err(MediaError::Unavailable(format!("the source's address answered {status}"))),
    }
}

/// Without the address, which whoever knows it may read.
fn unavailable(error: reqwest::Error) -> MediaError {
    MediaError::Unavailable(format!("reading the source: {}", error.without_url()))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other).flatten()
}
