//! Playing a video while it is being encoded, and how its bytes are delivered.

use anyhow::{Context, Result, ensure};
use e2e::{Presentation, Product, Source, Workshop, count_frames, decode, until};
use reqwest::Method;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

/// Long enough that most of it is not encoded when it is first opened.
fn film() -> Source {
    Source { width: 640, height: 360, seconds: 32.0, noise: 15, ..Source::default() }
}

#[tokio::test]
async fn what_a_viewer_looks_at_is_encoded_first_and_nothing_listed_ever_changes() -> Result<()> {
    let workshop = Workshop::open()?;
    let source = workshop.make("film.mp4", &film()).await?;
    let product = Product::start(&[]).await?;
    let api = product.api();
    let id = api.upload(&source).await?;
    api.wait_for(&id, "transcoding", LIMIT).await?;

    let early = Presentation::open(api, &id).await?;
    ensure!(early.findings().is_empty(), "{:?}", early.findings());
    for rendition in &early.renditions {
        ensure!(rendition.playlist.end_list, "{} has no end", rendition.name);
        let length = rendition.ends().last().copied().unwrap_or_default();
        ensure!((length - 32.0).abs() < 0.1, "{} lists {length} s", rendition.name);
    }
    let whole = early.url.to_string();
    let playing = tokio::spawn(async move { decode(&whole).await });

    jump(api, &id, &early).await?;
    let video = api.wait_for(&id, "ready", LIMIT).await?;
    ensure!(video["playable_at"].as_str() < video["completed_at"].as_str(), "{video}");
    playing.await?.context("playing from the first moment on")?;

    let late = Presentation::open(api, &id).await?;
    ensure!(late.findings().is_empty(), "{:?}", late.findings());
    for (early, late) in early.renditions.iter().zip(&late.renditions) {
        ensure!(early.answer.body == late.answer.body, "the playlist of {} has changed", early.name);
    }
    let frames = count_frames(late.top()?.url.as_str()).await?;
    ensure!(frames == count_frames(&source.display().to_string()).await?, "{frames} pictures");
    product.finish().await
}

/// Asks for a segment near the end: it is held, answered, and its chunk was claimed before all that was
/// queued then.
async fn jump(api: &e2e::Api, id: &str, early: &Presentation) -> Result<()> {
    let top = early.top()?;
    let wanted = top.segments().len() - 2;
    let plan = api.plan(id).await?;
    let position = plan.position_of(&top.name, u32::try_from(wanted)?).context("no such segment")?;
    let part = plan.part_name(position);
    let before = api.jobs(id).await?;
    let state = before.iter().find(|job| job.part == part).context("no such job")?;
    ensure!(
        state.state == "queued",
        "{part} is {} already: the film is too short for this machine",
        state.state
    );

    let answer = api.get(top.segment(wanted)?.as_str()).await?;
    ensure!(answer.status == 302, "answered {}: {}", answer.status, answer.text());
    let segment = api.fetch(top.segment(wanted)?.as_str()).await?;
    ensure!(segment.status == 200 && !segment.body.is_empty(), "answered {}", segment.status);

    let jobs = api.jobs(id).await?;
    let own = jobs.iter().find(|job| job.part == part).context("no such job")?;
    let (wish, began) =
        (own.wanted_at.as_ref().context("no wish")?, own.started_at.as_ref().context("no start")?);
    let passed = jobs.iter().filter(|job| {
        let started = job.started_at.as_ref();
        job.part != part && started.is_some_and(|at| at > wish && at < began)
    });
    let passed: Vec<&str> = passed.map(|job| job.part.as_str()).collect();
    ensure!(passed.is_empty(), "claimed between the wish for {part} and its start: {passed:?}");
    ensure!(jobs.iter().any(|job| job.state == "queued"), "nothing was queued behind it");
    Ok(())
}

#[tokio::test]
async fn a_player_may_be_made_to_wait_until_all_is_ready() -> Result<()> {
    let workshop = Workshop::open()?;
    let source = workshop.make("film.mp4", &Source { seconds: 12.0, noise: 20, ..Source::default() }).await?;
    let product = Product::start(&[("PLAY_WHILE_ENCODING", "off")]).await?;
    let api = product.api();
    let id = api.upload(&source).await?;
    let (mut refusals, path) = (0, format!("/vod/{id}/manifest"));
    until("it is playable", LIMIT, async || {
        // The document first: what is ready now was playable when it was asked for.
        let status = api.video(&id).await?["status"].clone();
        let answer = api.get(&path).await?;
        if answer.status == 200 {
            ensure!(api.video(&id).await?["status"] == "ready", "playable while {status}");
            return Ok(Some(()));
        }
        ensure!(status != "ready", "ready, and not playable: {}", answer.text());
        answer.problem(404, "not_playable_yet")?;
        refusals += 1;
        Ok(None)
    })
    .await?;
    ensure!(refusals > 0, "it was playable at once");
    decode(Presentation::open(api, &id).await?.url.as_str()).await?;
    product.finish().await
}

#[tokio::test]
async fn bytes_may_pass_through_the_api() -> Result<()> {
    let workshop = Workshop::open()?;
    let source = workshop.make("film.mp4", &Source { seconds: 5.0, ..Source::default() }).await?;
    let product = Product::start(&[("MEDIA_DELIVERY", "proxy")]).await?;
    let api = product.api();
    let id = api.upload(&source).await?;
    api.wait_for(&id, "ready", LIMIT).await?;
    let shown = Presentation::open(api, &id).await?;
    decode(shown.url.as_str()).await?;

    let url = shown.top()?.segment(0)?;
    let whole = api.get(url.as_str()).await?;
    ensure!(whole.status == 200 && whole.header("accept-ranges") == "bytes", "answered {}", whole.status);
    let size = whole.body.len();
    for (range, expected) in
        [("bytes=0-99", 0..100), ("bytes=100-", 100..size), ("bytes=-50", size - 50..size)]
    {
        let request = api.request(Method::GET, url.as_str())?.header("range", range);
        let part = api.send(request).await?;
        ensure!(part.status == 206, "{range}: answered {}", part.status);
        ensure!(part.body == whole.body[expected.clone()], "{range}: other bytes");
        let said = format!("bytes {}-{}/{size}", expected.start, expected.end - 1);
        ensure!(part.header("content-range") == said, "{range}: {}", part.header("content-range"));
    }
    let outside = api.request(Method::GET, url.as_str())?.header("range", format!("bytes={size}-"));
    api.send(outside).await?.problem(416, "range_not_satisfiable")?;
    product.finish().await
}
