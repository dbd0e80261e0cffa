//! Replicas that join and leave under load: no event is lost, and none has its effect twice.

use anyhow::{Context, Result, ensure};
use domain::event::{self, Event, Topic};
use e2e::{Fleet, accepted, note};
use ports::{EventLog as _, StartAt};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const LIMIT: Duration = Duration::from_secs(240);
const VIDEOS: usize = 24;

#[tokio::test]
async fn replicas_join_and_leave_under_load() -> Result<()> {
    let mut fleet = Fleet::start(&[("SIMULATED_SOURCE_MAX_SECONDS", "2")]).await?;
    let mut ids = BTreeSet::new();
    for number in 0..VIDEOS {
        let metadata = json!({ "title": "Film", "duration_seconds": 2, "resolution": "320x180" });
        ids.insert(accepted(&fleet.api().upload_metadata(&metadata).await?)?);
        match number {
            4 => fleet.join("vod-processor").await?,
            8 => fleet.join("transcode-worker").await?,
            12 => fleet.leave("vod-processor").await?,
            16 => fleet.leave("transcode-worker").await?,
            20 => fleet.join("vod-processor").await?,
            _ => {}
        }
    }
    let mut jobs = BTreeSet::new();
    for id in &ids {
        fleet.api().wait_for(id, "ready", LIMIT).await?;
        let all = fleet.api().jobs(id).await?;
        ensure!(all.iter().all(|job| job.state == "done" && job.attempts <= 1), "{all:?}");
        jobs.extend(all.into_iter().map(|job| job.job_id));
    }
    let log = fleet.logged("vod-processor")?;
    for done in ["planned", "ready"] {
        let effects = streams(&log, done);
        ensure!(effects == ids.iter().map(|id| (id.clone(), 1)).collect(), "{done}: {effects:?}");
    }
    let ended = ended_jobs(&fleet, &jobs).await?;
    ensure!(jobs.iter().all(|job| ended.get(job).map(BTreeSet::len) == Some(1)), "{ended:?}");
    note(format_args!("{} videos, {} jobs; each planned, encoded and counted once", ids.len(), jobs.len()));
    fleet.finish().await
}

/// How often each stream is named by the lines that say this.
fn streams(log: &str, said: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in log.lines().filter(|line| line.contains(&format!(": {said} stream_id="))) {
        let id = line.split("stream_id=").nth(1).and_then(|rest| rest.split(' ').next());
        *counts.entry(id.unwrap_or("none").to_owned()).or_insert(0) += 1;
    }
    counts
}

/// The ids of the events that tell of a job's end, by job, once all of these have ended.
async fn ended_jobs(fleet: &Fleet, jobs: &BTreeSet<String>) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let log = fleet.log().await?;
    let mut follower = log.follow(Topic::TranscodeResults, StartAt::Beginning).await?;
    let mut ended: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    while !jobs.iter().all(|job| ended.contains_key(job)) {
        let next = tokio::time::timeout(LIMIT, follower.next()).await;
        let received = next.with_context(|| format!("{} jobs have ended", ended.len()))??;
        let envelope = event::decode(received.record.payload.as_deref().unwrap_or_default())?;
        if let Event::JobEnded { job_id, .. } = envelope.event {
            ended.entry(job_id.to_string()).or_default().insert(format!("{:?}", envelope.event_id));
        }
    }
    Ok(ended)
}
