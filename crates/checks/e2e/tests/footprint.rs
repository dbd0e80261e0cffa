//! How much memory it takes, and how soon it is ready.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use e2e::{Standalone, accepted, note};
use futures::stream;
use reqwest::Body;
use std::{fs, io, time::Duration};

const MEBIBYTE: u64 = 1 << 20;
/// Pieces of one mebibyte in the large upload.
const PIECES: usize = 1024;

/// A line of `/proc/PID/status` in bytes, such as `VmHWM` (the most that was ever resident).
fn memory(pid: u32, line: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let text =
        status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':')).context("no such line")?;
    Ok(text.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

#[tokio::test]
async fn it_is_small_soon_ready_and_holds_no_upload_in_memory() -> Result<()> {
    let product = Standalone::start(&[]).await?;
    let (api, pid) = (product.api(), product.pid()?);
    let idle = memory(pid, "VmRSS")?;
    note(format_args!("ready after {:?}, idle {} MiB", product.ready_after, idle / MEBIBYTE));
    ensure!(product.ready_after < Duration::from_secs(2), "ready after {:?}", product.ready_after);
    ensure!(idle < 100 * MEBIBYTE, "{} MiB when idle", idle / MEBIBYTE);

    let before = memory(pid, "VmHWM")?;
    let piece = Bytes::from(vec![0; usize::try_from(MEBIBYTE)?]);
    let pieces = std::iter::repeat_n(piece, PIECES).map(io::Result::Ok);
    let id = accepted(&api.upload_body(Body::wrap_stream(stream::iter(pieces)), "").await?)?;
    let added = memory(pid, "VmHWM")? - before;
    note(format_args!("an upload of {PIECES} MiB added {} MiB", added / MEBIBYTE));
    ensure!(added < 64 * MEBIBYTE, "an upload added {} MiB", added / MEBIBYTE);
    let video = api.wait_for(&id, "rejected", Duration::from_secs(120)).await?;
    ensure!(video["file_size_bytes"] == PIECES as u64 * MEBIBYTE, "{video}");
    product.finish().await
}
