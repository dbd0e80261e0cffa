//! The project's own checker, as people run it.

use crate::binary;
use anyhow::{Result, ensure};
use tokio::process::Command;

/// Has `hls-check` look into all segments of a presentation.
///
/// # Errors
/// What it finds.
pub async fn check_media(url: &str) -> Result<()> {
    let program = binary::path("hls-check")?;
    let output = Command::new(program).args(["--media", "--segments", "1000", url]).output().await?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "hls-check finds:\n{said}");
    Ok(())
}
