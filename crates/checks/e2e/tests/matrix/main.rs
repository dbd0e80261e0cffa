//! Every video that a phone, a camera or an editor makes comes out right: a table of inputs, made by ffmpeg, that go through the
//! whole product, and what came out of each. `E2E_LONG` tries all of them, else a representative dozen.

mod case;
mod cases;
mod judging;
mod making;
mod playing;

use anyhow::{Result, ensure};
use case::{Case, Expected};
use cases::{CASES, PLAYED};
use e2e::{Browser, Presentation, Product, Workshop, note};
use futures::{StreamExt, stream};
use making::Made;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(240);
/// Cases that are made and judged side by side.
const PARALLEL: usize = 3;

#[tokio::test]
async fn the_matrix_comes_out_right() -> Result<()> {
    let workshop = Workshop::open()?;
    let product = Product::start(&[]).await?;
    let long = std::env::var("E2E_LONG").is_ok_and(|value| value != "0");
    let chosen: Vec<&Case> = CASES.iter().filter(|case| long || case.short).collect();
    let rows: Vec<(&Case, Result<Outcome>)> = stream::iter(&chosen)
        .map(|case| async { (*case, through(&product, &workshop, case).await) })
        .buffered(PARALLEL)
        .collect()
        .await;
    let mut wrong = Vec::new();
    for (case, came_out) in &rows {
        let said = match came_out {
            Ok(Outcome { said, .. }) => said.clone(),
            Err(error) => {
                wrong.push(case.name);
                format!("WRONG: {error:#}")
            }
        };
        note(format_args!("{:<34} | {:<28} | {said}", case.name, expectation(case)));
    }
    if let Some(browser) = Browser::find("matrix") {
        for (case, came_out) in &rows {
            let Ok(Outcome { id: Some(id), .. }) = came_out else { continue };
            if !PLAYED.iter().any(|(name, short)| *name == case.name && (long || *short)) {
                continue;
            }
            let shown = Presentation::open(product.api(), id).await?;
            let said = playing::play(&browser, &workshop, &shown).await.unwrap_or_else(|error| {
                wrong.push(case.name);
                format!("WRONG: {error:#}")
            });
            note(format_args!("{:<34} | played | {said}", case.name));
        }
    }
    ensure!(wrong.is_empty(), "{} of {} came out wrong: {}", wrong.len(), rows.len(), wrong.join(", "));
    product.finish().await
}

/// What became of a case.
struct Outcome {
    said: String,
    /// The video, if there is one to play.
    id: Option<String>,
}

/// Makes a case, uploads it, and judges it. Returns what came out.
async fn through(product: &Product, workshop: &Workshop, case: &Case) -> Result<Outcome> {
    let file = match making::make(workshop, case).await? {
        Made::File(file) => file,
        Made::Impossible(why) => return Ok(Outcome { said: format!("not tried: {why}"), id: None }),
    };
    let id = product.api().upload(&file).await?;
    match &case.expected {
        Expected::Rejected(code) => {
            let video = product.api().wait_for(&id, "rejected", LIMIT).await?;
            let reason = &video["reason"];
            ensure!(reason["code"] == *code, "rejected for {reason}");
            Ok(Outcome { said: format!("rejected, {code}"), id: None })
        }
        Expected::Ready(ready) => {
            let video = product.api().wait_for(&id, "ready", LIMIT).await?;
            let said = judging::judge(product.api(), &id, &video, ready, &file).await?;
            Ok(Outcome { said, id: Some(id) })
        }
    }
}

fn expectation(case: &Case) -> String {
    match &case.expected {
        Expected::Rejected(code) => format!("rejected, {code}"),
        Expected::Ready(ready) => {
            let size = ready.size.map_or_else(|| "sound alone".to_owned(), |(w, h)| format!("{w}x{h}"));
            format!("{size}, {:.1} s, sound {}", ready.seconds, ready.sound)
        }
    }
}

#[test]
fn no_case_is_there_twice() {
    let mut names: Vec<&str> = CASES.iter().map(|case| case.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CASES.len());
    assert!(PLAYED.iter().all(|(played, _)| names.contains(played)));
    assert!((10..=16).contains(&CASES.iter().filter(|case| case.short).count()));
}
