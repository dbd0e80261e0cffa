//! A player that opens a video: manifest, master, media playlists, then the first segment of each.

use crate::{
    api::answered,
    clock::{self, Stopwatch},
};
use anyhow::Context;
use futures::future::try_join_all;
use hls::{MasterPlaylist, MediaPlaylist, RenditionKind};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use std::{collections::BTreeSet, time::Duration};
use url::Url;

/// How often the manifest is asked for until it is there.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// When things were there, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened {
    /// The manifest.
    pub(crate) planned_s: f64,
    /// The first segment of every rendition, sound included.
    pub(crate) playable_s: f64,
}

#[derive(Deserialize)]
struct Manifest {
    manifest_url: String,
}

/// Opens a video as soon as that is possible.
pub(crate) async fn open(
    client: &Client,
    api: &Url,
    stream: &str,
    began: Stopwatch,
) -> anyhow::Result<Opened> {
    let master = manifest(client, api, stream).await?;
    let planned_s = began.seconds();
    let text = fetch(client, &master).await?.text().await?;
    let playlist = MasterPlaylist::parse(&text).context("the master playlist")?;
    let media = media_addresses(&playlist).into_iter().map(|address| Ok(master.join(address)?));
    let media: Vec<Url> = media.collect::<anyhow::Result<_>>()?;
    anyhow::ensure!(!media.is_empty(), "the master playlist lists nothing");
    try_join_all(media.iter().map(|address| beginning(client, address))).await?;
    Ok(Opened { planned_s, playable_s: began.seconds() })
}

async fn manifest(client: &Client, api: &Url, stream: &str) -> anyhow::Result<Url> {
    let address = api.join(&format!("/vod/{stream}/manifest"))?;
    loop {
        let response = client.get(address.clone()).send().await?;
        if response.status() != StatusCode::NOT_FOUND {
            let manifest: Manifest = answered(response).await?.json().await?;
            return Ok(Url::parse(&manifest.manifest_url)?);
        }
        clock::pause(LOOK_EVERY).await;
    }
}

/// Every media playlist once.
fn media_addresses(master: &MasterPlaylist) -> BTreeSet<&str> {
    let sound = master.media.iter().filter_map(|rendition| match &rendition.kind {
        RenditionKind::Audio { uri, .. } => uri.as_deref(),
        RenditionKind::Subtitles { .. } => None,
    });
    master.variants.iter().map(|variant| variant.uri.as_str()).chain(sound).collect()
}

/// Fetches what shows or sounds first of one rendition.
async fn beginning(client: &Client, address: &Url) -> anyhow::Result<()> {
    let text = fetch(client, address).await?.text().await?;
    let playlist = MediaPlaylist::parse(&text).with_context(|| format!("the playlist {address}"))?;
    let first = playlist.segments.first().with_context(|| format!("{address} lists no segment"))?;
    let map = playlist.map.as_ref().map(|map| map.uri.as_str());
    for part in map.into_iter().chain([first.uri.as_str()]) {
        let bytes = fetch(client, &address.join(part)?).await?.bytes().await?;
        anyhow::ensure!(!bytes.is_empty(), "{part} of {address} is empty");
    }
    Ok(())
}

/// Waits as long as it takes: what is not encoded yet is held by the server.
async fn fetch(client: &Client, address: &Url) -> anyhow::Result<Response> {
    answered(client.get(address.clone()).send().await?).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_playlist_of_a_master_is_opened_once() {
        let text = "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\",URI=\"a/0.m3u8\"\n\
                    #EXT-X-STREAM-INF:BANDWIDTH=2,CODECS=\"avc1.640028\",AUDIO=\"a\"\nv/0.m3u8\n\
                    #EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"avc1.640028\",AUDIO=\"a\"\nv/0.m3u8\n";
        let master = MasterPlaylist::parse(text).unwrap();
        assert_eq!(media_addresses(&master).into_iter().collect::<Vec<_>>(), ["a/0.m3u8", "v/0.m3u8"]);
    }
}
