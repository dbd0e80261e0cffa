//! The fleet's programs on real servers: as many of them as are wanted.

use crate::{
    place,
    program::{Program, Ready},
    servers::Servers,
};
use anyhow::Context;
use futures::future::try_join_all;
use reqwest::Client;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use url::Url;

/// The program that takes uploads.
pub(crate) const API: &str = "api";
/// The program that makes playlists of live segments.
pub(crate) const LIVE_PROCESSOR: &str = "live-processor";
/// Every program of the fleet.
const ALL: [&str; 5] = [API, "producer", "vod-processor", LIVE_PROCESSOR, "transcode-worker"];

/// Running programs. Dropping them kills them, and removes what they made, on the servers too.
pub(crate) struct Programs {
    // First, so that nothing writes while the rest is removed.
    running: Vec<Program>,
    _folder: TempDir,
    _servers: Servers,
}

impl Programs {
    /// Starts these programs, some perhaps more than once, each with data of its own below `place`.
    pub(crate) fn start(place: &Path, servers: Servers, wanted: &[&str]) -> anyhow::Result<Self> {
        Self::start_on(place, servers, wanted, None)
    }

    /// The same on one core, if one is given.
    pub(crate) fn start_on(
        place: &Path,
        servers: Servers,
        wanted: &[&str],
        core: Option<u32>,
    ) -> anyhow::Result<Self> {
        let folder = place::folder(place, "fleet")?;
        let mut running = Vec::new();
        for (number, program) in wanted.iter().enumerate() {
            let instance = format!("{program}-{number}");
            let home = folder.path().join(&instance);
            std::fs::create_dir(&home).with_context(|| format!("cannot make {}", home.display()))?;
            let mut settings = servers.settings(&instance);
            for (name, value) in [
                ("DATA_DIR", home.display().to_string()),
                ("LISTEN_ADDRESS", "127.0.0.1".to_owned()),
                ("PUBLIC_URL", String::new()),
                ("STOP_GRACE_SECONDS", "0".to_owned()),
            ] {
                settings.insert(name.to_owned(), value);
            }
            let settings: Vec<_> = settings.into_iter().collect();
            running.push(Program::start(&binary(program)?, &home, &settings, core)?);
        }
        Ok(Self { running, _folder: folder, _servers: servers })
    }

    /// Waits until all are ready; where each answers, in their order, and when the last was.
    pub(crate) async fn ready(&mut self, client: &Client) -> anyhow::Result<(Vec<Url>, f64)> {
        let ready: Vec<Ready> =
            try_join_all(self.running.iter_mut().map(|program| program.ready(client))).await?;
        let last = ready.iter().map(|ready| ready.after_s).fold(0.0, f64::max);
        Ok((ready.into_iter().map(|ready| ready.address).collect(), last))
    }

    /// Each program's name and the number of its process.
    pub(crate) fn processes(&self) -> Vec<(String, u32)> {
        self.running.iter().map(|program| (program.name().to_owned(), program.id())).collect()
    }

    /// Stops them and waits for their ends.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        try_join_all(self.running.drain(..).map(Program::stop)).await?;
        Ok(())
    }
}

/// Every program of the fleet that is there.
pub(crate) fn all() -> Vec<&'static str> {
    ALL.into_iter().filter(|program| binary(program).is_ok()).collect()
}

fn binary(program: &str) -> anyhow::Result<PathBuf> {
    let path = match std::env::var_os("BENCH_PROGRAMS") {
        Some(folder) => PathBuf::from(folder).join(program),
        None => std::env::current_exe().context("where this program is")?.with_file_name(program),
    };
    anyhow::ensure!(
        path.is_file(),
        "{} is not there: build it (cargo build --release -p fleet) or set BENCH_PROGRAMS",
        path.display()
    );
    Ok(path)
}
