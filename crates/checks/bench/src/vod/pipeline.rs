//! The product: a fresh process, one upload over HTTP, a player that watches at once, until `ready`.

use super::{player, subject::Subject};
use crate::{api, clock::Stopwatch, machine, standalone::Standalone, usage};
use reqwest::Client;
use serde::Serialize;
use std::path::Path;
use url::Url;

/// One run of the product. Times count from the moment before the upload's first byte, in seconds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PipelineRun {
    /// From the start of the process until it is ready for uploads.
    pub(crate) start_s: f64,
    /// The upload is acknowledged.
    pub(crate) uploaded_s: f64,
    /// The manifest is there.
    pub(crate) planned_s: f64,
    /// The first segment of every picture rendition and of the sound is fetched.
    pub(crate) first_playable_s: f64,
    /// The video is ready.
    pub(crate) wall_s: f64,
    /// User and system time of the process and its children, from its start until the video is ready.
    pub(crate) cpu_s: f64,
    /// The part of it before the upload.
    pub(crate) start_cpu_s: f64,
    /// The most that was resident of the process and its children together, in MiB.
    pub(crate) peak_rss_mb: f64,
    /// The most that was ever resident of the process alone, in MiB.
    pub(crate) process_peak_rss_mb: f64,
    /// What it stored beside the source, in MiB.
    pub(crate) output_mb: f64,
    /// CPU time of everything else on the machine meanwhile, in seconds.
    pub(crate) others_cpu_s: f64,
}

/// Runs it once, with its data below `work`.
pub(crate) async fn run(subject: &Subject, work: &Path) -> anyhow::Result<PipelineRun> {
    let client = Client::new();
    let standalone = Standalone::start(work, &client).await?;
    let run = match watch(&standalone, &client, subject).await {
        Ok(run) => run,
        Err(error) => return Err(standalone.explain(error)),
    };
    standalone.stop().await?;
    Ok(run)
}

async fn watch(standalone: &Standalone, client: &Client, subject: &Subject) -> anyhow::Result<PipelineRun> {
    let id = standalone.id();
    let memory = usage::MemoryWatch::begin(id);
    let (start_cpu_s, others_before) = (usage::cpu_seconds(id)?, machine::others_seconds()?);
    let address = &standalone.address;
    let began = Stopwatch::start();
    let stream = api::upload(client, address, &subject.file).await?;
    let uploaded_s = began.seconds();
    let (opened, (wall_s, cpu_s)) = tokio::try_join!(
        player::open(client, address, &stream, began),
        ready(client, address, &stream, began, id)
    )?;
    let others_cpu_s = machine::others_seconds()? - others_before - (cpu_s - start_cpu_s);
    let stored_mb = usage::size_mib(&standalone.objects())?;
    Ok(PipelineRun {
        start_s: standalone.ready_s,
        uploaded_s,
        planned_s: opened.planned_s,
        first_playable_s: opened.playable_s,
        wall_s,
        cpu_s,
        start_cpu_s,
        peak_rss_mb: memory.peak_mib(),
        process_peak_rss_mb: usage::high_water_mib(id)?,
        output_mb: stored_mb - usage::mib(subject.facts.bytes),
        others_cpu_s,
    })
}

/// When the video is ready, and the CPU time used by then.
async fn ready(
    client: &Client,
    address: &Url,
    stream: &str,
    began: Stopwatch,
    id: u32,
) -> anyhow::Result<(f64, f64)> {
    api::until_ready(client, address, stream).await?;
    Ok((began.seconds(), usage::cpu_seconds(id)?))
}
