//! Every endpoint keeps the rules of metrics, and shows the names that dashboards and scripts of others rely on.

use crate::load;
use anyhow::{Context, Result, ensure};
use e2e::{Exposition, Product, skip, tool};
use std::process::Stdio;
use tokio::{io::AsyncWriteExt, process::Command};

/// What the original pipeline's dashboards ask for, and what came of its names.
const KEPT: [&str; 14] = [
    "producer_messages_total",
    "producer_bytes_total",
    "producer_api_calls_total",
    "producer_active_streams",
    "api_requests_total",
    "api_request_duration_seconds",
    "api_kafka_events_published_total",
    "live_chunk_gaps_total",
    "chunk_checksum_failures_total",
    "chunk_processing_latency_seconds",
    "vod_chunks_processed_total",
    "live_chunks_processed_total",
    "vod_variants_generated_total",
    "active_live_streams",
];

/// What an operator asks beside that, such as how old the oldest job is.
const ASKED: [&str; 22] = [
    "api_live_playlists",
    "api_segment_requests_held",
    "catalog_call_duration_seconds",
    "catalog_call_failures_total",
    "data_disk_available_bytes",
    "dead_letters_parked",
    "dependency_ready",
    "event_delay_seconds",
    "event_log_call_duration_seconds",
    "event_log_records_total",
    "live_playlist_behind_seconds",
    "live_streams_open",
    "object_store_call_duration_seconds",
    "outbox_oldest_event_age_seconds",
    "process_resident_memory_bytes",
    "reelfleet_build_info",
    "transcode_failures_total",
    "transcode_leases_lost_total",
    "transcode_queue_jobs",
    "transcode_queue_oldest_job_age_seconds",
    "transcode_rendition_speed_ratio",
    "vod_time_to_first_play_seconds",
];

#[tokio::test]
async fn every_endpoint_keeps_the_rules() -> Result<()> {
    let product = Product::start(&load::SETTINGS).await?;
    load::until_all_was_seen(&product).await?;
    let mut shown = Vec::new();
    for (program, endpoint) in product.endpoints()? {
        let text = endpoint.get("/metrics").await?.text();
        let exposition = Exposition::parse(&text).context(program)?;
        let violations = exposition.violations();
        ensure!(violations.is_empty(), "{program}:\n  {}", violations.join("\n  "));
        ensure!(exposition.families.len() > 10, "{program} shows next to nothing");
        promtool_has_nothing_to_say(program, &text).await?;
        shown.extend(exposition.families.into_keys());
    }
    for name in KEPT.iter().chain(&ASKED) {
        ensure!(shown.iter().any(|shown| shown == name), "nobody shows {name}");
    }
    product.finish().await
}

async fn promtool_has_nothing_to_say(program: &str, text: &str) -> Result<()> {
    let Some(promtool) = tool("promtool") else {
        skip("prometheus", "promtool is not installed");
        return Ok(());
    };
    let mut command = Command::new(promtool);
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn()?;
    child.stdin.take().context("no input")?.write_all(text.as_bytes()).await?;
    let ended = child.wait_with_output().await?;
    let said = String::from_utf8_lossy(&ended.stderr);
    ensure!(ended.status.success() && said.is_empty(), "{program}: {said}");
    Ok(())
}
