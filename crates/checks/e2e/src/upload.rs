//! Uploading, in all forms.

use crate::{answer::Answer, api::Api};
use anyhow::{Context, Result, ensure};
use reqwest::{Body, Method, multipart};
use serde_json::Value;
use std::path::Path;

const UPLOAD: &str = "/vod/upload";

impl Api {
    /// Uploads a file as the raw body, and returns the video's id.
    ///
    /// # Errors
    /// It is not accepted.
    pub async fn upload(&self, file: &Path) -> Result<String> {
        let bytes = tokio::fs::read(file).await.with_context(|| file.display().to_string())?;
        accepted(&self.upload_body(bytes, "").await?)
    }

    /// Sends a raw body; `query` begins with `?` or is empty.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn upload_body(&self, body: impl Into<Body>, query: &str) -> Result<Answer> {
        let request = self.request(Method::POST, &format!("{UPLOAD}{query}"))?;
        self.send(request.header("content-type", "application/octet-stream").body(body)).await
    }

    /// Sends metadata only.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn upload_metadata(&self, metadata: &Value) -> Result<Answer> {
        self.send(self.request(Method::POST, UPLOAD)?.json(metadata)).await
    }

    /// Sends a form.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn upload_form(&self, form: multipart::Form) -> Result<Answer> {
        self.send(self.request(Method::POST, UPLOAD)?.multipart(form)).await
    }
}

/// Insists that an upload was accepted in the words of the contract, and returns the video's id.
///
/// # Errors
/// It was not.
pub fn accepted(answer: &Answer) -> Result<String> {
    ensure!(answer.status == 201, "the upload was answered {}: {}", answer.status, answer.text());
    let body = answer.json()?;
    ensure!(body["status"] == "uploaded", "{body}");
    ensure!(body["kafka_topic"] == "vod-chunks", "{body}");
    ensure!(body["message"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    let id = body["stream_id"].as_str().unwrap_or_default();
    let digits = id.strip_prefix("vod-").unwrap_or_default();
    ensure!(digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{body}");
    Ok(id.to_owned())
}
