//! The API, as any client meets it.

use crate::{media::Episode, metrics::Metrics};
use domain::StreamId;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde::{Deserialize, Serialize};
use service_kit::Unavailable;
use std::time::Duration;
use url::Url;

/// An answer that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is shown of an answer that is no good.
const SHOWN_CHARS: usize = 300;

/// Why the API did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// It does not answer, or not now.
    #[error("the API is away: {0}")]
    Away(String),
    /// It will not do it.
    #[error("the API answered {status}: {said}")]
    Refused {
        /// The status of its answer.
        status: StatusCode,
        /// The beginning of what it said.
        said: String,
    },
}

impl Unavailable for ApiError {
    fn is_unavailable(&self) -> bool {
        matches!(self, Self::Away(_))
    }
}

/// A client of the API.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    metrics: Metrics,
}

/// A match that is about to be sent.
#[derive(Debug, Serialize)]
pub(crate) struct NewMatch<'a> {
    pub(crate) match_id: &'a str,
    pub(crate) home_team: &'a str,
    pub(crate) away_team: &'a str,
    pub(crate) competition: &'a str,
    /// The longest that a segment may be, in whole seconds.
    pub(crate) target_duration: u32,
}

#[derive(Deserialize)]
struct Started {
    stream_id: StreamId,
}

impl Client {
    /// A client of the API at this address; nothing is asked yet.
    pub(crate) fn new(base: Url, metrics: Metrics) -> reqwest::Result<Self> {
        // It never leaves this machine, or this fleet.
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        Ok(Self { http, base, metrics })
    }

    /// Uploads a video under an id that was chosen beforehand, so that nothing is uploaded twice when an answer is lost.
    pub(crate) async fn upload(&self, id: &StreamId, episode: &Episode) -> Result<(), ApiError> {
        let mut url = self.url("/vod/upload");
        url.query_pairs_mut().append_pair("title", &episode.title).append_pair("stream_id", id.as_str());
        let request =
            self.http.post(url).header(header::CONTENT_TYPE, "video/mp2t").body(episode.bytes.clone());
        match self.ask("/vod/upload", request).await {
            Err(ApiError::Refused { status: StatusCode::CONFLICT, .. }) => Ok(()),
            answered => answered.map(drop),
        }
    }

    /// Deletes a video or a recording; one that is gone is no error.
    pub(crate) async fn delete(&self, id: &StreamId) -> Result<(), ApiError> {
        let request = self.http.request(Method::DELETE, self.url(&format!("/vod/{id}")));
        match self.ask("/vod/{stream_id}", request).await {
            Err(ApiError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(()),
            answered => answered.map(drop),
        }
    }

    /// Starts the stream of a match, and gives its id: the same however often it is started.
    pub(crate) async fn start(&self, new: &NewMatch<'_>) -> Result<StreamId, ApiError> {
        let request = self.http.post(self.url("/streams/start")).json(new);
        let text = self.ask("/streams/start", request).await?;
        let started: Started =
            serde_json::from_str(&text).map_err(|error| refused(StatusCode::OK, &error.to_string()))?;
        Ok(started.stream_id)
    }

    /// Ends a stream, and says whether there is one; ending it again changes nothing.
    pub(crate) async fn end(&self, id: &StreamId) -> Result<bool, ApiError> {
        let request = self.http.post(self.url("/streams/end")).json(&serde_json::json!({ "stream_id": id }));
        match self.ask("/streams/end", request).await {
            Err(ApiError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(false),
            answered => answered.map(|_| true),
        }
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url
    }

    /// Sends a request and gives the text of a good answer.
    async fn ask(&self, endpoint: &str, request: RequestBuilder) -> Result<String, ApiError> {
        let answer = request.send().await;
        let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        self.metrics.api_calls.with_label_values(&[endpoint, &status.to_string()]).inc();
        let away = |error: reqwest::Error| ApiError::Away(error.without_url().to_string());
        let answer = answer.map_err(away)?;
        let status = answer.status();
        let text = answer.text().await.map_err(away)?;
        match status {
            status if status.is_success() => Ok(text),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(ApiError::Away(status.to_string()))
            }
            status if status.is_server_error() => Err(ApiError::Away(status.to_string())),
            status => Err(refused(status, &text)),
        }
    }
}

fn refused(status: StatusCode, said: &str) -> ApiError {
    ApiError::Refused { status, said: said.chars().take(SHOWN_CHARS).collect() }
}
