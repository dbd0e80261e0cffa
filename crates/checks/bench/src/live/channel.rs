//! Live streams over the api's HTTP interface: started, found, ended.

use crate::api::answered;
use anyhow::Context;
use domain::StreamId;
use reqwest::Client;
use serde::Deserialize;
use serde_json::json;
use url::Url;

/// What an api and a player of it have in common.
#[derive(Deserialize)]
struct Started {
    stream_id: StreamId,
}

#[derive(Deserialize)]
struct View {
    manifest_url: String,
}

/// Starts a stream whose segments play a second at most.
pub(crate) async fn start(client: &Client, api: &Url) -> anyhow::Result<StreamId> {
    let teams = json!({ "home_team": "Home", "away_team": "Away", "target_duration": 1 });
    let answer = client.post(api.join("/streams/start")?).json(&teams).send().await?;
    let Started { stream_id } = answered(answer).await?.json().await?;
    Ok(stream_id)
}

/// Ends a stream.
pub(crate) async fn end(client: &Client, api: &Url, stream: &StreamId) -> anyhow::Result<()> {
    let request = client.post(api.join("/streams/end")?).json(&json!({ "stream_id": stream }));
    answered(request.send().await?).await?;
    Ok(())
}

/// The address of a stream's live playlist, found as a player finds it.
pub(crate) async fn playlist(client: &Client, api: &Url, stream: &StreamId) -> anyhow::Result<Url> {
    media_playlist(client, api.join(&format!("/streams/{stream}/live"))?).await
}

/// The address of the one media playlist of the master playlist that the answer at `view` names.
pub(crate) async fn media_playlist(client: &Client, view: Url) -> anyhow::Result<Url> {
    let View { manifest_url } = answered(client.get(view).send().await?).await?.json().await?;
    let manifest_url = Url::parse(&manifest_url).context("the master playlist's address")?;
    let master = text(client, &manifest_url).await?;
    let name = master.lines().find(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(manifest_url.join(name.context("a master playlist without a rendition")?)?)
}

/// What is at an address.
pub(crate) async fn text(client: &Client, address: &Url) -> anyhow::Result<String> {
    Ok(answered(client.get(address.clone()).send().await?).await?.text().await?)
}
