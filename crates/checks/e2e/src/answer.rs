//! An answer of the product, read as a whole.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use reqwest::{Response, header::HeaderMap};
use serde_json::Value;

/// Status, headers and body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> Result<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.context("the answer broke off")?;
        Ok(Self { status, headers, body })
    }

    /// A header's text; empty without one.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body of a success.
    ///
    /// # Errors
    /// It is no success, or no JSON.
    pub fn json(&self) -> Result<Value> {
        ensure!((200..300).contains(&self.status), "answered {}: {}", self.status, self.text());
        serde_json::from_slice(&self.body).with_context(|| format!("no JSON: {}", self.text()))
    }

    /// Insists on a problem (RFC 9457) of this status and code that says something, and returns its detail.
    ///
    /// # Errors
    /// It is anything else.
    pub fn problem(&self, status: u16, code: &str) -> Result<String> {
        let text = self.text();
        ensure!(self.status == status, "answered {} instead of {status}: {text}", self.status);
        let kind = self.header("content-type");
        ensure!(kind == "application/problem+json", "the problem is of type {kind:?}: {text}");
        let body: Value = serde_json::from_slice(&self.body).context("the problem is no JSON")?;
        ensure!(body["code"] == code, "the code is {} instead of {code:?}: {text}", body["code"]);
        ensure!(body["status"] == status, "the problem says status {}", body["status"]);
        ensure!(body["title"].as_str().is_some_and(|title| !title.is_empty()), "no title: {text}");
        Ok(body["detail"].as_str().unwrap_or_default().to_owned())
    }
}
