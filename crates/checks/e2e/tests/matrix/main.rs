//! Every video that a phone, a camera or an editor makes comes out right: a table of inputs, made by ffmpeg, that go through the
//! whole product, and what came out of each. `E2E_LONG` tries all of them, else a representative dozen.

mod case;
mod cases;
mod judging;
mod making;

use anyhow::{Result, ensure};
use case::{Case, Expected};
use cases::CASES;
use e2e::{Product, Workshop, note};
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
    let rows: Vec<(&Case, Result<String>)> = stream::iter(&chosen)
        .map(|case| async { (*case, through(&product, &workshop, case).await) })
        .buffered(PARALLEL)
        .collect()
        .await;
    let mut wrong = Vec::new();
    for (case, came_out) in &rows {
        let said = match came_out {
            Ok(said) => said.clone(),
            Err(error) => {
                wrong.push(case.name);
                format!("WRONG: {error:#}")
            }
        };
        note(format_args!("{:<34} | {:<28} | {said}", case.name, expectation(case)));
    }
    ensure!(wrong.is_empty(), "{} of {} came out wrong: {}", wrong.len(), rows.len(), wrong.join(", "));
    product.finish().await
}

/// Makes a case, uploads it, and judges it. Returns what came out.
async fn through(product: &Product, workshop: &Workshop, case: &Case) -> Result<String> {
    let file = match making::make(workshop, case).await? {
        Made::File(file) => file,
        Made::Impossible(why) => return Ok(format!("not tried: {why}")),
    };
    let id = product.api().upload(&file).await?;
    match &case.expected {
        Expected::Rejected(code) => {
            let video = product.api().wait_for(&id, "rejected", LIMIT).await?;
            let reason = &video["reason"];
            ensure!(reason["code"] == *code, "rejected for {reason}");
            Ok(format!("rejected, {code}"))
        }
        Expected::Ready(ready) => {
            let video = product.api().wait_for(&id, "ready", LIMIT).await?;
            judging::judge(product.api(), &id, &video, ready, &file).await
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
    assert!((10..=16).contains(&CASES.iter().filter(|case| case.short).count()));
}
