//! A job that fails whatever is tried: it is filed with its reason, and done once its cause is gone.

use anyhow::{Context, Result, ensure};
use e2e::{Product, Source, Workshop, plays_whole, tool, until};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

const LIMIT: Duration = Duration::from_secs(120);

/// An ffmpeg that crashes as long as a file is there, when it is asked to encode pictures.
fn crashing(workshop: &Workshop, cause: &Path) -> Result<String> {
    let real = tool("ffmpeg").context("there is no ffmpeg")?;
    let script = format!(
        "#!/bin/sh\nif [ -e '{}' ]; then case \"$*\" in *libx264*) kill -SEGV $$ ;; esac; fi\nexec '{}' \"$@\"\n",
        cause.display(),
        real.display()
    );
    let path = workshop.path("ffmpeg");
    fs::write(&path, script)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path.display().to_string())
}

#[tokio::test]
async fn a_dead_job_is_filed_and_done_once_its_cause_is_gone() -> Result<()> {
    let workshop = Workshop::open()?;
    let source = workshop.make("film.mp4", &Source { seconds: 2.0, ..Source::default() }).await?;
    let cause = workshop.path("cause");
    let ffmpeg = crashing(&workshop, &cause)?;
    let product = Product::start(&[("FFMPEG", &ffmpeg)]).await?;
    let api = product.api();
    fs::write(&cause, "")?;
    let id = api.upload(&source).await?;
    let failed = api.wait_for(&id, "failed", LIMIT).await?;
    ensure!(failed["reason"]["code"] == "encode_failed", "{failed}");

    let letter = until("its job is filed", LIMIT, async || {
        let page = api.get("/dlq?status=parked").await?.json()?;
        Ok(page["letters"].as_array().and_then(|letters| letters.first().cloned()))
    })
    .await?;
    ensure!(letter["subject"]["kind"] == "job" && letter["subject"]["stream_id"] == json!(id), "{letter}");
    ensure!(letter["reason"].as_str().is_some_and(|reason| reason.contains("signal")), "{letter}");
    let address = format!("/dlq/{}", letter["letter_id"].as_str().context("no id")?);
    let whole = api.get(&address).await?.json()?;
    ensure!(whole["subject"]["stderr"].is_string(), "{whole}");
    let job = format!("/jobs/{}", whole["subject"]["job_id"].as_str().context("no job")?);
    ensure!(api.get(&job).await?.json()?["state"] == "dead", "it is not dead");

    fs::remove_file(&cause)?;
    let retried = retry(&product, &address).await?.json()?;
    ensure!(retried["status"] == "retried" && retried["retried_at"].is_string(), "{retried}");
    api.wait_for(&id, "ready", LIMIT).await?;
    plays_whole(api, &id, &source).await?;
    retry(&product, &address).await?.problem(409, "not_retriable")?;
    ensure!(api.get("/dlq?status=parked").await?.json()?["letters"] == json!([]), "something is parked");
    product.finish().await
}

#[tokio::test]
async fn letters_that_do_not_exist() -> Result<()> {
    let product = Product::start(&[]).await?;
    let api = product.api();
    for id in ["0123456789abcdef01234567", "..%2F..%2Fetc", "x", "0123456789ABCDEF01234567"] {
        api.get(&format!("/dlq/{id}")).await?.problem(404, "not_found")?;
        retry(&product, &format!("/dlq/{id}")).await?.problem(404, "not_found")?;
    }
    for query in ["status=dead", "limit=0", "limit=201", "cursor=x", "shoes=2"] {
        api.get(&format!("/dlq?{query}")).await?.problem(422, "invalid_field").context(query)?;
    }
    let empty: Value = api.get("/dlq").await?.json()?;
    ensure!(empty == json!({ "letters": [], "next": null }), "{empty}");
    product.finish().await
}

async fn retry(product: &Product, address: &str) -> Result<e2e::Answer> {
    let api = product.api();
    api.send(api.request(reqwest::Method::POST, &format!("{address}/retry"))?).await
}
