//! A server that must never be asked anything.

use anyhow::Result;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{net::TcpListener, task::JoinHandle};

/// Counts connections. Dropping it closes its port.
#[derive(Debug)]
pub struct Canary {
    address: SocketAddr,
    visits: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Canary {
    /// A canary on a free loopback port.
    ///
    /// # Errors
    /// There is none.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, visits) = (listener.local_addr()?, Arc::new(AtomicUsize::new(0)));
        let counted = visits.clone();
        let accepting = tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Ok(Self { address, visits, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often it was visited.
    #[must_use]
    pub fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
