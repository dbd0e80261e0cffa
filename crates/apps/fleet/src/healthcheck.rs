//! Asking a running process whether it is ready: what a container's health check runs.

use anyhow::{Context, ensure};
use std::{net::IpAddr, time::Duration};

const PATIENCE: Duration = Duration::from_secs(4);

/// Asks the process that listens at this port of this machine.
///
/// # Errors
/// When it does not answer, or names what is not ready.
pub(crate) async fn ask(address: IpAddr, port: u16) -> anyhow::Result<()> {
    ensure!(port != 0, "port 0 means any free one: nobody knows which one the process has");
    let host = match address {
        address if address.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V6(address) => format!("[{address}]"),
        IpAddr::V4(address) => address.to_string(),
    };
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let url = format!("http://{host}:{port}/readyz");
    let answer = client.get(&url).send().await.with_context(|| format!("{url} does not answer"))?;
    let status = answer.status();
    let said = answer.text().await.unwrap_or_default();
    ensure!(status.is_success(), "{url} says {status}: {said}");
    Ok(())
}
