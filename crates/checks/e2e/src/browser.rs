//! A headless Chromium that plays with hls.js or Shaka Player, driven by `browser/play.mjs`.

use crate::{Workshop, note, tool};
use anyhow::{Context, Result, ensure};
use conformance::skip;
use serde::de::DeserializeOwned;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{process::Command, time::timeout};

/// A browser, and what drives it.
#[derive(Debug)]
pub struct Browser {
    node: PathBuf,
    chromium: PathBuf,
    script: PathBuf,
}

impl Browser {
    /// The browser, or a skip of a test of this name that says what is missing.
    #[must_use]
    pub fn find(test: &str) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
        let named = |names: &[&str]| names.iter().find_map(|name| tool(name));
        let missing = |what: &str| skip(&format!("browser {test}"), what);
        let Some(node) = named(&["node"]) else {
            missing("Node.js is not installed");
            return None;
        };
        let Some(chromium) = named(&["chromium", "chromium-browser", "google-chrome", "chrome"]) else {
            missing("Chromium is not installed");
            return None;
        };
        for player in ["hls.js", "shaka-player"] {
            if !folder.join("node_modules").join(player).is_dir() {
                missing(&format!("{player} is not installed: npm ci in crates/checks/e2e/browser"));
                return None;
            }
        }
        Some(Self { node, chromium, script: folder.join("play.mjs") })
    }

    /// Plays an address as `play.mjs` does in this mode, and returns what it reports.
    ///
    /// # Errors
    /// It fails, reports something else, or takes longer than this.
    pub async fn play<R: DeserializeOwned>(
        &self,
        workshop: &Workshop,
        url: &str,
        mode: &[&str],
        limit: Duration,
    ) -> Result<R> {
        let folder = workshop.path("browser");
        std::fs::create_dir_all(&folder)?;
        let mut command = Command::new(&self.node);
        command.arg(&self.script).arg(&self.chromium).arg(folder.join("profile")).arg(url).args(mode);
        // Whatever Chromium and Node write goes with the workshop.
        command.env("TMPDIR", &folder).env("HOME", &folder).stdin(Stdio::null()).kill_on_drop(true);
        let output = timeout(limit, command.output()).await.context("the browser does not end")??;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the browser failed:\n{said}");
        let report = String::from_utf8_lossy(&output.stdout);
        note(&report);
        serde_json::from_str(report.trim()).with_context(|| format!("{report}\n{said}"))
    }
}
