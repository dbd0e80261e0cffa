//! Asking for what playlists name, over HTTP and in files, with limits of time and size.

use bytes::{Bytes, BytesMut};
use hls::ByteRange;
use reqwest::{Client, Response, header, redirect};
use std::{io::ErrorKind, time::Duration};
use url::Url;

/// The longest chain of redirects.
const REDIRECTS: usize = 10;

/// Asks for resources.
#[derive(Clone)]
pub(crate) struct Fetcher {
    client: Client,
    timeout: Duration,
}

/// A resource.
pub(crate) struct Fetched {
    /// Where it was in the end, after redirects: what relative addresses in it are relative to.
    pub(crate) url: Url,
    /// Its Content-Type.
    pub(crate) content_type: Option<String>,
    /// All of it.
    pub(crate) bytes: Bytes,
}

impl Fetcher {
    /// A fetcher that waits so long: for a connection, for the head of an answer, for each part of its body.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub(crate) fn new(timeout: Duration) -> anyhow::Result<Self> {
        let client = Client::builder()
            .user_agent(concat!("hls-check/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timeout)
            .read_timeout(timeout)
            .redirect(redirect::Policy::limited(REDIRECTS))
            .build()?;
        Ok(Self { client, timeout })
    }

    /// All of a resource, or the part of it that `range` means, up to `limit` bytes.
    ///
    /// # Errors
    /// What kept it from coming, in words for people.
    pub(crate) async fn whole(
        &self,
        url: &Url,
        range: Option<ByteRange>,
        limit: u64,
    ) -> Result<Fetched, String> {
        if url.scheme() == "file" {
            let bytes = read_file(url, range, limit).await?;
            return Ok(Fetched { url: url.clone(), content_type: None, bytes });
        }
        let mut response = self.answer(url, range).await?;
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let mut bytes = BytesMut::new();
        while let Some(part) = response.chunk().await.map_err(|error| self.explain(error))? {
            bytes.extend_from_slice(&part);
            within(bytes.len() as u64, limit)?;
        }
        Ok(Fetched { url: response.url().clone(), content_type, bytes: bytes.freeze() })
    }

    /// Whether a resource is there and has a first byte.
    ///
    /// # Errors
    /// What is wrong, in words for people.
    pub(crate) async fn begins(&self, url: &Url, range: Option<ByteRange>) -> Result<(), String> {
        let first = ByteRange { length: 1, offset: range.map_or(0, |range| range.offset) };
        if url.scheme() == "file" {
            let bytes = read_file(url, Some(first), 1).await?;
            return if bytes.is_empty() { Err("it has no bytes".to_owned()) } else { Ok(()) };
        }
        let mut response = self.answer(url, Some(first)).await?;
        loop {
            match response.chunk().await.map_err(|error| self.explain(error))? {
                Some(part) if part.is_empty() => {}
                Some(_) => return Ok(()),
                None => return Err("it has no bytes".to_owned()),
            }
        }
    }

    async fn answer(&self, url: &Url, range: Option<ByteRange>) -> Result<Response, String> {
        if !["http", "https"].contains(&url.scheme()) {
            return Err(format!("addresses of scheme {:?} are not asked for", url.scheme()));
        }
        let mut request = self.client.get(url.clone());
        if let Some(ByteRange { length, offset }) = range {
            let last = offset.saturating_add(length).saturating_sub(1);
            request = request.header(header::RANGE, format!("bytes={offset}-{last}"));
        }
        let response = request.send().await.map_err(|error| self.explain(error))?;
        if response.status().is_success() { Ok(response) } else { Err(response.status().to_string()) }
    }

    fn explain(&self, error: reqwest::Error) -> String {
        if error.is_timeout() {
            return format!("no answer within {} s", self.timeout.as_secs());
        }
        if error.is_redirect() {
            return format!("redirected in a circle, or more than {REDIRECTS} times");
        }
        // Only the innermost cause says what happened; addresses are named elsewhere.
        let error = error.without_url();
        let mut cause: &dyn std::error::Error = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        cause.to_string()
    }
}

/// The address that `base` means by `reference`. What came over HTTP must not name files of this machine.
///
/// # Errors
/// Why it means none.
pub(crate) fn resolve(base: &Url, reference: &str) -> Result<Url, String> {
    let url = base.join(reference).map_err(|error| format!("not an address: {error}"))?;
    if url.scheme() == "file" && base.scheme() != "file" {
        return Err("a file of the reader's machine".to_owned());
    }
    Ok(url)
}

fn within(bytes: u64, limit: u64) -> Result<(), String> {
    if bytes <= limit { Ok(()) } else { Err(format!("more than {limit} bytes")) }
}

async fn read_file(url: &Url, range: Option<ByteRange>, limit: u64) -> Result<Bytes, String> {
    use tokio::io::{AsyncReadExt, AsyncSeekExt};
    let explain = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => "no such file".to_owned(),
        _ => error.to_string(),
    };
    let path = url.to_file_path().map_err(|()| "not a path".to_owned())?;
    let mut file = tokio::fs::File::open(path).await.map_err(explain)?;
    let mut bytes = Vec::new();
    match range {
        Some(ByteRange { length, offset }) => {
            within(length, limit)?;
            file.seek(std::io::SeekFrom::Start(offset)).await.map_err(explain)?;
            file.take(length).read_to_end(&mut bytes).await.map_err(explain)?;
        }
        None => {
            within(file.metadata().await.map_err(explain)?.len(), limit)?;
            file.read_to_end(&mut bytes).await.map_err(explain)?;
        }
    }
    Ok(bytes.into())
}
