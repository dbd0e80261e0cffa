//! One trace tells where the time of an upload went, and another that of a live segment; logs and answers name them.

use crate::load;
use anyhow::{Context, Result, ensure};
use domain::Timestamp;
use e2e::{Collector, Product, Source, Span, Workshop, note, until};
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};

const LIMIT: Duration = Duration::from_secs(90);

#[tokio::test]
async fn a_trace_covers_an_upload_until_it_is_ready() -> Result<()> {
    let (workshop, collector) = (Workshop::open()?, Collector::start().await?);
    let endpoint = collector.endpoint();
    let product =
        Product::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("LOG_FORMAT", "json")]).await?;
    let file = workshop.make("source.mp4", &Source { seconds: 20.0, ..Source::default() }).await?;
    let id = product.api().upload(&file).await?;
    let video = product.api().wait_for(&id, "ready", LIMIT).await?;
    let completed: Timestamp = serde_json::from_value(video["completed_at"].clone())?;
    let ready = u64::try_from(completed.as_millis())? * 1_000_000;
    let of_this = |span: &Span| span.texts.get("stream_id") == Some(&id);
    let is_whole = |spans: &[Span]| {
        let has = |name: &str| spans.iter().any(|span| span.name.starts_with(name));
        let steps =
            ["POST /vod/upload", "look into the source", "job chunk-0", "encode", "archive the playlists"];
        steps.into_iter().all(has) && covered(spans, ready) >= 0.95
    };
    // Processes hand spans over every few seconds, each when its own turn comes.
    let spans = until("a trace that covers 95 % of the time", LIMIT, async || {
        let spans = collector.traces_with(of_this);
        Ok(is_whole(&spans).then_some(spans))
    })
    .await
    .with_context(|| {
        let spans = collector.traces_with(of_this);
        let share = covered(&spans, ready) * 100.0;
        let names: BTreeSet<_> = spans.into_iter().map(|span| (span.service, span.name)).collect();
        format!("the spans cover {share:.1} %: {names:?}")
    })?;
    let traces: BTreeSet<&str> = spans.iter().map(|span| span.trace.as_str()).collect();
    ensure!(traces.len() == 1, "{} traces of one upload", traces.len());
    let root = spans.iter().find(|span| span.parent.is_empty()).context("no span is the first")?;
    ensure!(root.name == "POST /vod/upload", "the first span is {}", root.name);
    tree(&spans, root, 0);

    let took = ready.saturating_sub(root.time.0) / 1_000_000;
    note(format!("covers {:.1} % of {took} ms from upload to ready", covered(&spans, ready) * 100.0));
    logs_name_the_trace(&product.logs()?, traces.first().context("no trace")?)?;
    product.finish().await
}

/// Each line that is about one job names the trace.
fn logs_name_the_trace(logs: &str, trace: &str) -> Result<()> {
    let lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_trace: Vec<Value> = lines.filter(|line| line["trace_id"] == trace).collect();
    for message in ["uploaded", "planned", "ready"] {
        ensure!(of_trace.iter().any(|line| line["message"] == message), "{message:?} has no trace_id");
    }
    Ok(())
}

#[tokio::test]
async fn a_trace_leads_from_a_live_event_to_its_playlist() -> Result<()> {
    let collector = Collector::start().await?;
    let endpoint = collector.endpoint();
    let mut settings = load::SETTINGS.to_vec();
    settings.push(("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint));
    let product = Product::start(&settings).await?;
    let steps = ["send a live segment", "decide", "commit", "publish the playlist", "take the playlist"];
    let spans = until("a segment's whole trace", LIMIT, async || {
        let sent = collector.traces_with(|span| span.name == steps[4]);
        let whole = sent.iter().find(|span| {
            let of_trace =
                |step: &&str| sent.iter().any(|other| other.trace == span.trace && other.name == **step);
            steps.iter().all(of_trace)
        });
        Ok(whole.map(|whole| {
            let spans = sent.iter().filter(|span| span.trace == whole.trace);
            spans.cloned().collect::<Vec<Span>>()
        }))
    })
    .await?;
    let root = spans.iter().find(|span| span.parent.is_empty()).context("no span is the first")?;
    ensure!(root.name == steps[0], "the first span is {}", root.name);
    tree(&spans, root, 0);
    product.finish().await
}

#[tokio::test]
async fn a_refusal_names_its_trace() -> Result<()> {
    let product = Product::start(&[]).await?;
    let theirs = "4bf92f3577b34da6a3ce929d0e0e4736";
    let request = product.api().request(reqwest::Method::GET, "/vod/nothing/metadata")?;
    let request = request.header("traceparent", format!("00-{theirs}-00f067aa0ba902b7-01"));
    let answer = product.api().send(request).await?;
    answer.problem(404, "not_found")?;
    let body: Value = serde_json::from_slice(&answer.body)?;
    ensure!(body["trace_id"] == theirs, "the client's own trace is not named: {body}");
    let body: Value = serde_json::from_slice(&product.api().get("/vod/nothing/metadata").await?.body)?;
    ensure!(body["trace_id"].as_str().is_some_and(|id| id.len() == 32 && id != theirs), "{body}");
    product.finish().await
}

/// Prints a span and what it is the parent of, with their beginnings and durations.
fn tree(spans: &[Span], span: &Span, depth: usize) {
    let first = spans.iter().map(|span| span.time.0).min().unwrap_or_default();
    let millis = |nanos: u64| nanos as f64 / 1e6;
    let (begins, lasts) = (millis(span.time.0 - first), millis(span.time.1.saturating_sub(span.time.0)));
    let name = format!("{:indent$}{}", "", span.name, indent = depth * 2);
    note(format!("{name:<44} {:<17} {begins:>8.1} ms {lasts:>8.1} ms", span.service));
    for child in spans.iter().filter(|child| child.parent == span.id) {
        tree(spans, child, depth + 1);
    }
}

/// The share of the time from the beginning of the first span to `ready` in which at least one span ran.
fn covered(spans: &[Span], ready: u64) -> f64 {
    let mut times: Vec<(u64, u64)> = spans.iter().map(|span| span.time).collect();
    times.sort_unstable();
    let Some(&(began, _)) = times.first() else { return 0.0 };
    let (mut sum, mut reached) = (0, began);
    for (begins, ends) in times {
        let (begins, ends) = (begins.max(reached), ends.min(ready));
        if ends > begins {
            sum += ends - begins;
            reached = ends;
        }
    }
    sum as f64 / ready.saturating_sub(began).max(1) as f64
}
