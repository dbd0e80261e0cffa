//! The product's HTTP interface, as a client sees it.

use crate::{answer::Answer, schedule::until};
use anyhow::{Result, ensure};
use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use serde_json::Value;
use std::{net::SocketAddr, time::Duration};
use url::Url;

/// A client of one running process. Redirects are not followed, so that a test sees them.
#[derive(Debug, Clone)]
pub struct Api {
    address: SocketAddr,
    client: Client,
}

impl Api {
    pub(crate) fn at(address: SocketAddr) -> Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(Duration::from_secs(180))
            .build()?;
        Ok(Self { address, client })
    }

    /// Where the process listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A path as a whole address; a whole address stays as it is.
    ///
    /// # Errors
    /// It is neither.
    pub fn url(&self, path: &str) -> Result<Url> {
        Ok(Url::parse(&format!("http://{}/", self.address))?.join(path)?)
    }

    /// A request that is yet to be sent.
    ///
    /// # Errors
    /// The path is no address.
    pub fn request(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        Ok(self.client.request(method, self.url(path)?))
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        Answer::read(request.send().await?).await
    }

    /// `GET`.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::GET, path)?).await
    }

    /// `GET`, through all redirects.
    ///
    /// # Errors
    /// The connection fails, or there are more than five redirects.
    pub async fn fetch(&self, path: &str) -> Result<Answer> {
        let mut url = self.url(path)?;
        for _ in 0..5 {
            let answer = self.get(url.as_str()).await?;
            if !(300..400).contains(&answer.status) {
                return Ok(answer);
            }
            url = url.join(answer.header("location"))?;
        }
        anyhow::bail!("{path} redirects without end")
    }

    /// `DELETE /vod/{id}`.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn delete(&self, id: &str) -> Result<Answer> {
        self.send(self.request(Method::DELETE, &format!("/vod/{id}"))?).await
    }

    /// A video's document.
    ///
    /// # Errors
    /// There is none.
    pub async fn video(&self, id: &str) -> Result<Value> {
        self.get(&format!("/vod/{id}/metadata")).await?.json()
    }

    /// The document of a video once it has this status.
    ///
    /// # Errors
    /// It ends in another one, or not within `limit`.
    pub async fn wait_for(&self, id: &str, status: &str, limit: Duration) -> Result<Value> {
        until(&format!("{id} becomes {status}"), limit, async || {
            let video = self.video(id).await?;
            let found = video["status"].as_str().unwrap_or_default();
            let over = ["ready", "failed", "rejected", "deleted"].contains(&found);
            ensure!(!over || found == status, "{id} is {found}, not {status}: {}", video["reason"]);
            Ok((found == status).then_some(video))
        })
        .await
    }

    /// The value of a metric of one series, summed over all its labels; 0 when it is not there.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let text = self.get("/metrics").await?.text();
        let lines = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
        Ok(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }
}
