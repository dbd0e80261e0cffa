//! The product's programs with the ingest listener, for encoders that speak HTTP: standalone, or on servers the api and the
//! live processor.

use super::channel;
use crate::{
    api::answered,
    ground::On,
    programs::{self, Programs},
    servers::Servers,
    standalone::Standalone,
    usage,
};
use anyhow::Context;
use bytes::Bytes;
use domain::StreamId;
use reqwest::{Client, header};
use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
};
use url::Url;

/// Where encoders are listened for.
const PORT: &str = "LIVE_INGEST_PORT";

/// Running programs. Dropping them ends them, and removes what they made.
pub(super) struct Station {
    programs: Running,
    pub(super) api: Url,
    /// Where each of the programs answers, the API first.
    pub(super) addresses: Vec<Url>,
    pub(super) client: Client,
    ingest: Url,
}

enum Running {
    Servers(Programs),
    Embedded(Standalone),
}

impl Station {
    /// Starts them.
    pub(super) async fn start(on: On, place: &Path) -> anyhow::Result<Self> {
        Self::start_with(on, place, &[]).await
    }

    /// Starts them with settings of the caller's.
    pub(super) async fn start_with(on: On, place: &Path, more: &[(&str, &str)]) -> anyhow::Result<Self> {
        let client = Client::builder().no_proxy().build()?;
        let port = free_port()?;
        let mut settings = vec![(PORT, port.as_str())];
        settings.extend(more);
        let (programs, addresses) = match on {
            On::Servers => {
                let servers = Servers::from_environment()?;
                let servers =
                    settings.iter().fold(servers, |servers, (name, value)| servers.with(name, value));
                let mut fleet = Programs::start(place, servers, &[programs::API, programs::LIVE_PROCESSOR])?;
                let (addresses, _) = fleet.ready(&client).await?;
                (Running::Servers(fleet), addresses)
            }
            On::Embedded => {
                let standalone = Standalone::start_with(place, &client, &settings).await?;
                let address = standalone.address.clone();
                (Running::Embedded(standalone), vec![address])
            }
        };
        let ingest = Url::parse(&format!("http://127.0.0.1:{port}/"))?;
        Ok(Self { programs, api: addresses[0].clone(), addresses, client, ingest })
    }

    /// Sends a segment, as an encoder does.
    pub(super) async fn send(&self, stream: &StreamId, number: u32, bytes: Bytes) -> anyhow::Result<()> {
        let address = self.ingest.join(&format!("/streams/{stream}/segments/{number}.ts"))?;
        let request = self.client.put(address).header(header::CONTENT_TYPE, "video/mp2t").body(bytes);
        answered(request.send().await.context("sending a segment")?).await?;
        Ok(())
    }

    /// A new stream, and its live playlist's address.
    pub(super) async fn stream(&self) -> anyhow::Result<(StreamId, Url)> {
        let stream = channel::start(&self.client, &self.api).await?;
        let playlist = channel::playlist(&self.client, &self.api, &stream).await?;
        Ok((stream, playlist))
    }

    /// What is resident of the programs, in MiB.
    pub(super) fn resident_mib(&self) -> f64 {
        self.ids().into_iter().map(usage::own_resident_mib).sum()
    }

    /// User and system time of the programs, in seconds.
    pub(super) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        self.ids().into_iter().map(usage::cpu_seconds).sum()
    }

    fn ids(&self) -> Vec<u32> {
        match &self.programs {
            Running::Servers(fleet) => fleet.processes().into_iter().map(|(_, id)| id).collect(),
            Running::Embedded(standalone) => vec![standalone.id()],
        }
    }

    /// Stops them.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        match self.programs {
            Running::Servers(fleet) => fleet.stop().await,
            Running::Embedded(standalone) => standalone.stop().await,
        }
    }
}

/// A port that nobody listens on. The programs tell which port of the api they took, not which one of encoders.
fn free_port() -> anyhow::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a free port")?;
    Ok(listener.local_addr()?.port().to_string())
}
