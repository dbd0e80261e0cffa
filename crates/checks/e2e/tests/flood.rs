//! Two hundred uploads at once of what is no video: each is refused with a reason, and nobody else notices.

use anyhow::{Context, Result, ensure};
use e2e::{Api, LatencyWatch, Product, Source, Workshop, accepted, note, until};
use futures::{StreamExt, stream};
use serde_json::Value;
use std::time::Duration;

const UPLOADS: usize = 200;
const LIMIT: Duration = Duration::from_secs(180);
/// What `/health` may take at most while all this goes on.
const PATIENCE: Duration = Duration::from_millis(100);

/// Random bytes, text, and films cut before any picture, in turn.
fn source(number: usize, film: &[u8]) -> Vec<u8> {
    match number % 3 {
        0 => std::iter::repeat_with(rand::random).take(20_000 + number).collect(),
        1 => format!("Line {number} of a long letter.\n").repeat(300).into_bytes(),
        _ => film[..film.len() / 40 + number].to_vec(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_bad_uploads_at_once() -> Result<()> {
    let workshop = Workshop::open()?;
    let film =
        std::fs::read(workshop.make("film.mp4", &Source { seconds: 4.0, ..Source::default() }).await?)?;
    let product = Product::start(&[]).await?;
    let api = product.api();
    let bodies: Vec<Vec<u8>> = (0..UPLOADS).map(|number| source(number, &film)).collect();
    let (health, machine) = (LatencyWatch::of_product(api), LatencyWatch::of_machine()?);
    let sends = bodies.into_iter().map(|body| async { accepted(&api.upload_body(body, "").await?) });
    let ids: Vec<Result<String>> = stream::iter(sends).buffer_unordered(UPLOADS).collect().await;
    let ids = ids.into_iter().collect::<Result<Vec<String>>>()?;
    until("each has ended", LIMIT, async || {
        let stats = api.get("/stats").await?.json()?;
        let under_way =
            ["uploaded", "processing", "transcoding"].map(|status| stats["videos"][status].as_u64());
        Ok((under_way == [Some(0); 3]).then_some(()))
    })
    .await?;
    let (answers, machine) = (health.end()?, machine.end()?);
    let usual = answers[answers.len() / 2].took;
    let (slow, waits) = (answers.last().context("no answer")?, machine.last().context("no answer")?);
    note(format_args!("/health: {} answers, usually {usual:?}, slowest {slow:?}", answers.len()));
    note(format_args!("the machine alone: slowest {waits:?}"));
    rejected_with_a_reason(api, &ids).await?;
    // A busy machine makes anybody's slowest answer late; what it costs everybody is not the product's.
    let late = answers[answers.len() * 99 / 100];
    ensure!(
        late.took < PATIENCE + waits.took,
        "/health: 1 % took {late:?} or more, the machine alone {waits:?}"
    );

    product.no_objects("").await?;
    product.finish().await
}

async fn rejected_with_a_reason(api: &Api, ids: &[String]) -> Result<()> {
    for id in ids {
        let video: Value = api.video(id).await?;
        ensure!(video["status"] == "rejected", "a bad upload was taken for a video: {video}");
        let reason = &video["reason"];
        let text = reason["text"].as_str().context("no reason")?;
        ensure!(reason["code"].is_string() && text.len() > 20, "{id}: {reason}");
    }
    Ok(())
}
