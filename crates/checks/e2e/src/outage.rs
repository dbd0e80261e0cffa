//! Taking a server away and bringing it back, where the environment says how.

use crate::tools;
use anyhow::Result;
use std::env;

/// A program that controls the servers: `PROGRAM kill NAME` kills one (`SIGKILL`), `PROGRAM up NAME` starts it and waits
/// until it answers. Names are `kafka`, `mongo`, `minio`.
#[derive(Debug)]
pub struct ServerControl {
    program: String,
}

impl ServerControl {
    /// The program that `E2E_SERVER_CONTROL` names; without one, servers stay as they are.
    #[must_use]
    pub fn from_environment() -> Option<Self> {
        let program = env::var("E2E_SERVER_CONTROL").ok().filter(|program| !program.is_empty())?;
        Some(Self { program })
    }

    /// Kills a server.
    ///
    /// # Errors
    /// The program fails.
    pub async fn kill(&self, server: &str) -> Result<()> {
        tools::run(&self.program, &["kill", server]).await.map(drop)
    }

    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// The program fails.
    pub async fn bring_back(&self, server: &str) -> Result<()> {
        tools::run(&self.program, &["up", server]).await.map(drop)
    }
}
