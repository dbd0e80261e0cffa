//! Killed at any moment, stopped in the middle: nothing that was finished is done again, and nothing is lost.

use anyhow::{Result, ensure};
use e2e::{Api, JobView, Product, Source, Workshop, note, plays_whole, until};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(180);

/// How often the process is killed: `E2E_LONG=1` asks for the long form.
fn kills() -> usize {
    if std::env::var("E2E_LONG").is_ok_and(|value| value == "1") { 10 } else { 3 }
}

/// Long enough that every kill meets an encode.
fn film(kills: usize) -> Source {
    Source { width: 640, height: 360, seconds: 12.0 * kills as f64, noise: 10, ..Source::default() }
}

#[tokio::test]
async fn killed_at_random_moments_it_goes_on_where_it_was() -> Result<()> {
    let (workshop, kills) = (Workshop::open()?, kills());
    let source = workshop.make("film.mp4", &film(kills)).await?;
    let mut product = Product::start(&[]).await?;
    let id = product.api().upload(&source).await?;
    let seed: u64 = rand::random();
    note(format_args!("seed {seed}"));
    let mut chance = StdRng::seed_from_u64(seed);
    let mut done = BTreeMap::new();
    let mut met = 0;
    for number in 0..kills {
        // Each kill finds more that is finished than the one before.
        until("some of it is finished", LIMIT, async || {
            let jobs = finished(product.api(), &id).await?.len();
            Ok((jobs >= number).then_some(()))
        })
        .await?;
        let moment = Duration::from_millis(chance.random_range(50..2_000));
        met += usize::from(encodes_for(product.api(), &id, moment).await?);
        done.extend(finished(product.api(), &id).await?);
        product.kill().await?;
        note(format_args!("kill {number} after {moment:?}, {} jobs done", done.len()));
        product.start_again().await?;
    }
    ensure!(met > 0, "no kill met an encode: the film is too short for this machine");
    product.api().wait_for(&id, "ready", LIMIT).await?;
    let after = finished(product.api(), &id).await?;
    let again: Vec<_> = done.iter().filter(|(part, job)| after.get(*part) != Some(*job)).collect();
    ensure!(again.is_empty(), "{} finished jobs were done again: {again:?}", again.len());
    let attempts: u32 = after.values().map(|job| job.epoch).sum();
    note(format_args!("{} jobs, {attempts} claims", after.len()));
    ensure!(attempts as usize <= after.len() + kills * 3, "{attempts} claims for {} jobs", after.len());
    plays_whole(product.api(), &id, &source).await?;
    product.finish().await
}

/// Lets it run for a while; whether something was being encoded at the end of it.
async fn encodes_for(api: &Api, id: &str, moment: Duration) -> Result<bool> {
    let waiting =
        until("it is ready", LIMIT, async || Ok((api.video(id).await?["status"] == "ready").then_some(())));
    match timeout(moment, waiting).await {
        Ok(ready) => ready.map(|()| false),
        Err(_) => Ok(api.get("/stats").await?.json()?["jobs"]["leased"].as_u64() > Some(0)),
    }
}

/// The jobs of a video that are done, by part; none before it is planned.
async fn finished(api: &Api, id: &str) -> Result<BTreeMap<String, JobView>> {
    if api.video(id).await?["plan"].is_null() {
        return Ok(BTreeMap::new());
    }
    let done = api.jobs(id).await?.into_iter().filter(|job| job.state == "done");
    Ok(done.map(|job| (job.part.clone(), job)).collect())
}

#[tokio::test]
async fn an_orderly_stop_hands_back_what_is_not_finished() -> Result<()> {
    let workshop = Workshop::open()?;
    let source = workshop.make("film.mp4", &film(2)).await?;
    let mut product = Product::start(&[("STOP_GRACE_SECONDS", "1")]).await?;
    let id = product.api().upload(&source).await?;
    until("it is being encoded", LIMIT, async || {
        let stats = product.api().get("/stats").await?.json()?;
        Ok((stats["jobs"]["leased"].as_u64() > Some(0)).then_some(()))
    })
    .await?;
    let (status, took) = product.stop().await?;
    note(format_args!("stopped with {status} after {took:?}"));
    ensure!(status.success() && took < Duration::from_secs(6), "{status} after {took:?}");
    product.no_temporary_files().await?;
    product.start_again().await?;
    product.api().wait_for(&id, "ready", LIMIT).await?;
    let jobs = finished(product.api(), &id).await?;
    ensure!(jobs.values().all(|job| job.attempts == 1), "a stop counted as an attempt: {jobs:?}");
    plays_whole(product.api(), &id, &source).await?;
    product.finish().await
}
