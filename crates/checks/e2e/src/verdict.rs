//! Whether a video that is ready is what was uploaded.

use crate::{api::Api, presentation::Presentation, probe, tools};
use anyhow::{Result, ensure};
use std::path::Path;

/// Insists that a video breaks no rule, decodes without a word in all renditions, and shows every picture
/// of its source.
/// Returns its playlists.
///
/// # Errors
/// What is wrong with it.
pub async fn plays_whole(api: &Api, id: &str, source: &Path) -> Result<Presentation> {
    let shown = Presentation::open(api, id).await?;
    let findings = shown.findings();
    ensure!(findings.is_empty(), "the playlists of {id} break rules:\n{}", findings.join("\n"));
    tools::decode(shown.url.as_str()).await?;
    for rendition in shown.of_kind(false) {
        tools::decode(rendition.url.as_str()).await?;
    }
    let source = source.display().to_string();
    let (made, given) =
        tokio::try_join!(probe::count_frames(shown.top()?.url.as_str()), probe::count_frames(&source))?;
    ensure!(made == given, "{id} shows {made} pictures, its source {given}");
    Ok(shown)
}
