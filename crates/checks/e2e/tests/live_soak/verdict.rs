//! Whether streams ended as they should: the live playlist stays, and the recording has every published segment once.

use crate::{LIMIT, encoder::Sent};
use anyhow::{Context, Result, ensure};
use domain::StreamId;
use e2e::{Answer, Api, HlsReport, sha256, until};
use std::collections::BTreeSet;
use url::Url;

/// Where a stream's master playlist is.
pub(crate) async fn live_address(api: &Api, stream: &StreamId) -> Result<String> {
    address(&api.get(&format!("/streams/{stream}/live")).await?)
}

/// A stream's live playlist as it is now.
pub(crate) async fn live_text(api: &Api, stream: &StreamId) -> Result<String> {
    Ok(media(api, &live_address(api, stream).await?).await?.1)
}

fn address(answer: &Answer) -> Result<String> {
    ensure!(answer.status == 200, "{}: {}", answer.status, answer.text());
    Ok(answer.json()?["manifest_url"].as_str().context("a manifest_url")?.to_owned())
}

/// The one media playlist that a master playlist names: where it is, and its text.
async fn media(api: &Api, master: &str) -> Result<(Url, String)> {
    let text = api.get(master).await?.text();
    let uri = text.lines().last().context("a variant")?;
    let url = Url::parse(master)?.join(uri)?;
    let answer = api.get(url.as_str()).await?;
    ensure!(answer.status == 200, "{}: {}", answer.status, answer.text());
    Ok((url, answer.text()))
}

/// The live playlists, once all have ended.
pub(crate) async fn endings(api: &Api, sent: &[Sent]) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for Sent { stream, .. } in sent {
        let text = until("the playlist has ended", LIMIT, async || {
            let text = live_text(api, stream).await?;
            Ok(text.contains("#EXT-X-ENDLIST").then_some(text))
        });
        texts.push(text.await.with_context(|| stream.to_string())?);
    }
    Ok(texts)
}

/// Insists that the recording has all numbers in order, each once; that those that were published lead to their bytes, and that
/// the others are gaps.
pub(crate) async fn recording(api: &Api, sent: &Sent) -> Result<()> {
    let (url, text) = media(api, &recording_address(api, &sent.stream).await?).await?;
    let listed = listed(&text)?;
    let numbers: Vec<u32> = listed.iter().map(|(number, _)| *number).collect();
    ensure!(numbers.iter().copied().eq(0..sent.numbers), "{} numbers: {numbers:?}", sent.numbers);
    let present: BTreeSet<u32> = listed.iter().filter(|(_, gap)| !gap).map(|(number, _)| *number).collect();
    let published: BTreeSet<u32> = sent.published.keys().copied().collect();
    let (lost, more): (Vec<_>, Vec<_>) =
        (published.difference(&present).collect(), present.difference(&published).collect());
    ensure!(lost.is_empty() && more.is_empty(), "lost {lost:?}, nobody published {more:?}");
    for (number, checksum) in &sent.published {
        let answer = api.fetch(url.join(&format!("{number}.ts"))?.as_str()).await?;
        ensure!(
            answer.status == 200 && sha256(&answer.body) == *checksum,
            "segment {number}: {}",
            answer.status
        );
    }
    Ok(())
}

async fn recording_address(api: &Api, stream: &StreamId) -> Result<String> {
    let ready = async || {
        let answer = api.get(&format!("/vod/{stream}/manifest")).await?;
        Ok((answer.status != 404).then_some(answer))
    };
    address(&until("the recording is a video", LIMIT, ready).await?)
}

/// The numbers that a playlist lists, and whether each is a gap.
fn listed(text: &str) -> Result<Vec<(u32, bool)>> {
    let (mut listed, mut gap) = (Vec::new(), false);
    for line in text.lines() {
        if line == "#EXT-X-GAP" {
            gap = true;
        } else if let Some(number) = line.strip_suffix(".ts") {
            listed.push((number.parse().with_context(|| line.to_owned())?, std::mem::take(&mut gap)));
        }
    }
    Ok(listed)
}

/// Insists that no recording breaks a rule.
pub(crate) async fn recordings_keep_the_rules(api: &Api, sent: &[Sent]) -> Result<()> {
    let mut masters = Vec::new();
    for Sent { stream, .. } in sent {
        masters.push(recording_address(api, stream).await?);
    }
    let report = HlsReport::of(&masters).await?;
    ensure!(report.broken().is_empty(), "broken rules:\n{}", report.broken().join("\n"));
    Ok(())
}

/// Deletes a recording, and insists that its bytes and the records of its segments go with it.
pub(crate) async fn deleted_leaves_nothing(api: &Api, sent: &Sent) -> Result<()> {
    let stream = &sent.stream;
    let (url, _) = media(api, &recording_address(api, stream).await?).await?;
    let number = sent.published.keys().next().context("a published segment")?;
    let stored = api.get(url.join(&format!("{number}.ts"))?.as_str()).await?;
    let stored = stored.header("location").to_owned();
    ensure!(api.get(&stored).await?.status == 200, "the segment was not there before");
    let answer = api.delete(stream.as_str()).await?;
    ensure!(answer.status < 300, "{}: {}", answer.status, answer.text());
    until("nothing is left of a deleted recording", LIMIT, async || {
        let records = api.get(&format!("/streams/{stream}/segments")).await?.json()?;
        let none = records["segments"].as_array().is_some_and(Vec::is_empty);
        Ok((none && api.get(&stored).await?.status == 404).then_some(()))
    })
    .await
}
