//! Each service killed and started again while videos are processed, then all at once: nothing acknowledged is lost,
//! nothing dies, nothing is made twice. `E2E_LONG=1` makes it twenty videos and half a minute.

use anyhow::{Context, Result, ensure};
use e2e::{Api, Fleet, PROGRAMS, Source, Workshop, note, plays_whole, until};
use serde_json::json;
use std::{path::Path, time::Duration};
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(300);

/// How many videos, and how long a service is away.
fn trial() -> (usize, Duration) {
    if std::env::var("E2E_LONG").is_ok_and(|value| value != "0") {
        (20, Duration::from_secs(30))
    } else {
        (2, Duration::from_secs(2))
    }
}

#[tokio::test]
async fn each_service_goes_away_and_comes_back_and_then_all_of_them() -> Result<()> {
    let workshop = Workshop::open()?;
    let film = Source { width: 640, height: 360, seconds: 4.0, noise: 10, ..Source::default() };
    let source = workshop.make("film.mp4", &film).await?;
    let mut fleet = Fleet::start(&[]).await?;
    let mut ids = Vec::new();
    for program in PROGRAMS {
        ids.extend(
            survives(&mut fleet, &source, &[program]).await.with_context(|| format!("{program} was away"))?,
        );
    }
    ids.extend(survives(&mut fleet, &source, &PROGRAMS).await.context("all were away")?);
    made_once(fleet.api(), &ids, &source).await?;
    fleet.finish().await
}

async fn survives(fleet: &mut Fleet, source: &Path, programs: &[&str]) -> Result<Vec<String>> {
    let (videos, outage) = trial();
    let mut ids = Vec::new();
    for _ in 0..videos {
        ids.push(fleet.api().upload(source).await?);
    }
    until("the first are being encoded", LIMIT, async || {
        let stats = fleet.api().get("/stats").await?.json()?;
        Ok((stats["jobs"]["leased"].as_u64() > Some(0)).then_some(()))
    })
    .await?;
    fleet.kill_programs(programs).await?;
    let killed = Instant::now();
    until("the outage is over", LIMIT, async || Ok((killed.elapsed() >= outage).then_some(()))).await?;
    fleet.start_programs_again(programs).await?;
    let back = Instant::now();
    for id in &ids {
        fleet.api().wait_for(id, "ready", LIMIT).await?;
    }
    note(format_args!("{programs:?} away for {outage:?}: {videos} videos ready {:?} later", back.elapsed()));
    Ok(ids)
}

/// Every video plays from its first frame to its last, from one result of each of its jobs.
async fn made_once(api: &Api, ids: &[String], source: &Path) -> Result<()> {
    let stats = api.get("/stats").await?.json()?;
    ensure!(stats["jobs"]["dead"] == 0 && stats["jobs"]["rejected"] == 0, "{stats}");
    ensure!(stats["videos"]["ready"].as_u64() == Some(ids.len() as u64), "{stats}");
    ensure!(api.get("/dlq").await?.json()?["letters"] == json!([]), "something is parked");
    for id in ids {
        plays_whole(api, id, source).await?;
    }
    Ok(())
}
