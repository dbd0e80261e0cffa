//! Servers that are killed and come back while videos are processed: nothing acknowledged is lost, nothing dies.
//!
//! `E2E_SERVER_CONTROL` names what kills them; `E2E_LONG=1` makes the outages half a minute and the videos twenty.

use anyhow::{Context, Result, ensure};
use e2e::{Api, Product, ServerControl, accepted, note, skip, until};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// No trial takes longer, once the server is back.
const LIMIT: Duration = Duration::from_secs(240);

/// More uploads than that are not made during an outage.
const MEANWHILE: usize = 5;

/// A server of a test may write to its disk only once a second, whatever it acknowledged: what counts is older.
const ON_DISK: Duration = Duration::from_secs(2);

struct Trial {
    videos: usize,
    outage: Duration,
}

impl Trial {
    fn chosen() -> Self {
        match std::env::var("E2E_LONG") {
            Ok(seconds) if seconds != "0" => {
                let seconds: u64 = seconds.parse().unwrap_or(1);
                Self { videos: 20, outage: Duration::from_secs(if seconds > 1 { seconds } else { 30 }) }
            }
            _ => Self { videos: 3, outage: Duration::from_secs(6) },
        }
    }
}

/// One after the other: the servers are everybody's.
#[tokio::test]
async fn each_server_goes_away_and_comes_back() -> Result<()> {
    let Some(control) = ServerControl::from_environment() else {
        skip("outages", "E2E_SERVER_CONTROL names nothing that kills servers");
        return Ok(());
    };
    for server in ["kafka", "mongo", "minio"] {
        let tried = survives(&control, server, &Trial::chosen()).await;
        // Other tests need it, however this one ended.
        control.bring_back(server).await?;
        tried.with_context(|| format!("{server} was away"))?;
    }
    Ok(())
}

async fn survives(control: &ServerControl, server: &str, trial: &Trial) -> Result<()> {
    let product = Product::start(&[("SIMULATED_SOURCE_MAX_SECONDS", "8")]).await?;
    let api = product.api();
    let mut ids = Vec::new();
    for number in 0..trial.videos {
        ids.push(accepted(&upload(api, number).await?)?);
    }
    let uploaded = Instant::now();
    until("they are being encoded", LIMIT, async || {
        let stats = api.get("/stats").await?.json()?;
        Ok((uploaded.elapsed() >= ON_DISK && stats["jobs"]["leased"].as_u64() > Some(0)).then_some(()))
    })
    .await?;
    control.kill(server).await?;
    let (taken, refused) = upload_meanwhile(api, trial.outage).await?;
    control.bring_back(server).await?;
    let back = Instant::now();
    ids.extend(taken.iter().cloned());
    for id in &ids {
        api.wait_for(id, "ready", LIMIT).await?;
    }
    note(format_args!(
        "{server} away for {:?}: {} videos ready {:.1} s after it was back; uploads meanwhile: {} taken, {refused} refused",
        trial.outage,
        ids.len(),
        back.elapsed().as_secs_f64(),
        taken.len(),
    ));
    nothing_died(api, ids.len()).await?;
    product.finish().await
}

async fn upload(api: &Api, number: usize) -> Result<e2e::Answer> {
    let title = format!("Film {number}");
    let metadata = json!({ "title": title, "duration_seconds": 8, "resolution": "640x360" });
    api.upload_metadata(&metadata).await
}

/// Uploads one after another during an outage: each is taken, or refused with the words for that.
async fn upload_meanwhile(api: &Api, outage: Duration) -> Result<(Vec<String>, usize)> {
    let (began, mut taken, mut refused) = (Instant::now(), Vec::new(), 0);
    while began.elapsed() < outage {
        let answer = upload(api, taken.len()).await?;
        if answer.status == 503 {
            answer.problem(503, "unavailable")?;
            ensure!(!answer.header("retry-after").is_empty(), "no Retry-After");
            refused += 1;
        } else {
            taken.push(accepted(&answer)?);
        }
        if taken.len() >= MEANWHILE {
            break;
        }
    }
    // Whoever ended the loop early waits for the rest of the outage.
    until("the outage is over", outage + Duration::from_secs(1), async || {
        Ok((began.elapsed() >= outage).then_some(()))
    })
    .await?;
    Ok((taken, refused))
}

async fn nothing_died(api: &Api, videos: usize) -> Result<()> {
    let stats = api.get("/stats").await?.json()?;
    ensure!(stats["jobs"]["dead"] == 0 && stats["jobs"]["rejected"] == 0, "{stats}");
    ensure!(stats["videos"]["ready"].as_u64() >= Some(videos as u64), "{stats}");
    ensure!(stats["videos"]["failed"] == 0 && stats["videos"]["rejected"] == 0, "{stats}");
    let letters = api.get("/dlq").await?.json()?;
    ensure!(letters["letters"] == json!([]), "{letters}");
    Ok(())
}
