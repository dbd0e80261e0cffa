//! Uploads in their three forms, what the catalog says of them, and removing them.

use anyhow::{Result, ensure};
use e2e::{Product, Source, Workshop, accepted, decode, plays_whole, until};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

fn clip() -> Source {
    Source { seconds: 3.0, ..Source::default() }
}

fn card(title: &str) -> Value {
    json!({ "title": title, "duration_seconds": 90.5, "resolution": "320x180", "file_size_bytes": 123_456 })
}

#[tokio::test]
async fn metadata_alone_gets_a_test_card() -> Result<()> {
    let product = Product::start(&[("SIMULATED_SOURCE_MAX_SECONDS", "2")]).await?;
    let api = product.api();
    let id = accepted(&api.upload_metadata(&card("Episode 1")).await?)?;
    let video = api.wait_for(&id, "ready", LIMIT).await?;
    ensure!(video["title"] == "Episode 1" && video["resolution"] == "320x180", "{video}");
    let seconds = video["duration_seconds"].as_f64().unwrap_or_default();
    ensure!((seconds - 2.0).abs() < 0.05, "a test card of {seconds} s");
    let manifest = api.get(&format!("/vod/{id}/manifest")).await?.json()?;
    ensure!(manifest["stream_id"] == id.as_str() && manifest["expires_in_seconds"] == 3600, "{manifest}");
    decode(manifest["manifest_url"].as_str().unwrap_or_default()).await?;

    let content = api.get(&format!("/content/{id}")).await?.json()?;
    ensure!(content["stream_type"] == "vod" && content["status"] == "ready", "{content}");
    ensure!(content["variants"].as_array().is_some_and(|variants| !variants.is_empty()), "{content}");
    let stats = api.get("/stats").await?.json()?;
    ensure!(stats["videos"]["ready"] == 1 && stats["jobs"]["queued"] == 0, "{stats}");
    ensure!(video.get("_id").is_none() && video.get("outbox").is_none(), "{video}");
    product.finish().await
}

#[tokio::test]
async fn forms_and_raw_bytes_give_the_same_video() -> Result<()> {
    let workshop = Workshop::open()?;
    let source = workshop.make("My film.mp4", &clip()).await?;
    let bytes = std::fs::read(&source)?;
    let product = Product::start(&[]).await?;
    let api = product.api();
    let file = || Part::bytes(bytes.clone()).file_name("../../My film.mp4");
    let before = Form::new().text("title", "Before").part("file", file());
    let after = Form::new().part("file", file()).text("title", "After").text("duration_seconds", "7");
    let mut ids = Vec::new();
    for (form, title) in [(before, "Before"), (after, "After"), (Form::new().part("file", file()), "My film")]
    {
        let id = accepted(&api.upload_form(form).await?)?;
        ensure!(api.video(&id).await?["title"] == title, "{title}");
        ids.push(id);
    }
    let own = "vod-0123456789ab";
    let raw = api.upload_body(bytes.clone(), &format!("?title=Raw%20one&stream_id={own}")).await?;
    ensure!(accepted(&raw)? == own, "{}", raw.text());
    ensure!(api.video(own).await?["title"] == "Raw one");
    api.upload_body(bytes, &format!("?stream_id={own}")).await?.problem(409, "already_exists")?;
    ids.push(own.to_owned());

    let mut checksums = Vec::new();
    for id in &ids {
        let video = api.wait_for(id, "ready", LIMIT).await?;
        ensure!(video["file_size_bytes"] == std::fs::metadata(&source)?.len(), "{video}");
        checksums.push(video["checksum"].clone());
        plays_whole(api, id, &source).await?;
    }
    checksums.dedup();
    ensure!(checksums.len() == 1, "{checksums:?}");
    product.finish().await
}

#[tokio::test]
async fn the_list_is_paged_and_filtered() -> Result<()> {
    let product = Product::start(&[]).await?;
    let api = product.api();
    let mut uploaded = Vec::new();
    for number in 0..5 {
        let id = accepted(&api.upload_body(format!("not a video {number}"), "").await?)?;
        api.wait_for(&id, "rejected", LIMIT).await?;
        uploaded.push(id);
    }
    let mut listed = Vec::new();
    let mut next = "/vod?limit=2".to_owned();
    loop {
        let page = api.get(&next).await?.json()?;
        let videos = page["videos"].as_array().cloned().unwrap_or_default();
        ensure!(videos.len() <= 2, "{page}");
        listed.extend(videos.iter().map(|video| video["stream_id"].as_str().unwrap_or_default().to_owned()));
        let Some(cursor) = page["next"].as_str() else { break };
        let mut url = api.url("/vod?limit=2")?;
        url.query_pairs_mut().append_pair("cursor", cursor);
        next = url.to_string();
    }
    uploaded.reverse();
    ensure!(listed == uploaded, "listed {listed:?}, newest first {uploaded:?}");
    let count = async |status: &str| -> Result<usize> {
        let page = api.get(&format!("/vod?status={status}")).await?.json()?;
        Ok(page["videos"].as_array().map_or(0, Vec::len))
    };
    ensure!(count("rejected").await? == 5 && count("ready").await? == 0);
    product.finish().await
}

#[tokio::test]
async fn a_deleted_video_leaves_a_tombstone_and_nothing_else() -> Result<()> {
    let workshop = Workshop::open()?;
    let ready = workshop.make("ready.mp4", &clip()).await?;
    let long = Source { width: 640, height: 360, seconds: 60.0, noise: 30, ..Source::default() };
    let long = workshop.make("long.mp4", &long).await?;
    let product = Product::start(&[]).await?;
    let api = product.api();
    let first = api.upload(&ready).await?;
    api.wait_for(&first, "ready", LIMIT).await?;
    let second = api.upload(&long).await?;
    api.wait_for(&second, "transcoding", LIMIT).await?;
    until("it is being encoded", LIMIT, async || {
        Ok(api.jobs(&second).await?.iter().any(|job| job.state == "leased").then_some(()))
    })
    .await?;
    for id in [&first, &second] {
        let jobs = api.jobs(id).await?;
        ensure!(!jobs.is_empty());
        for time in ["first", "second"] {
            let answer = api.delete(id).await?;
            ensure!(
                answer.status == 204,
                "the {time} DELETE was answered {}: {}",
                answer.status,
                answer.text()
            );
        }
        let video = api.video(id).await?;
        ensure!(video["status"] == "deleted", "{video}");
        api.get(&format!("/vod/{id}/manifest")).await?.problem(404, "deleted")?;
        until("its objects are gone", LIMIT, async || {
            let objects = product.objects().await?;
            Ok((!objects.iter().any(|object| object.contains(id.as_str()))).then_some(()))
        })
        .await?;
        until("its jobs are gone", LIMIT, async || {
            for job in &jobs {
                if api.get(&format!("/jobs/{}", job.job_id)).await?.status != 404 {
                    return Ok(None);
                }
            }
            Ok(Some(()))
        })
        .await?;
    }
    api.delete("vod-000000000000").await?.problem(404, "not_found")?;
    // Whatever was being encoded when it was deleted must not come back.
    until("nothing is encoded any more", LIMIT, async || {
        let mut running = 0.0;
        for (_, endpoint) in product.endpoints()? {
            running += endpoint.metric("transcode_encodes_running").await?;
        }
        Ok((running == 0.0).then_some(()))
    })
    .await?;
    until("nothing is left", LIMIT, async || Ok(product.no_objects("").await.ok())).await?;
    product.finish().await
}
